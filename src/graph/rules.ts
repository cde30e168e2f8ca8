/**
 * What each operator demands of its tensors: number, type, shape and quantisation. Follows the checks that the TFLite
 * kernels make when they are prepared, and adds the limits of this compiler.
 */
import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, OperatorName, OperatorOf, Tensor } from './graph.js';
import { hwc, perTensor, where } from './graph.js';
import { checkMultiplier, invalid, MAX_DIMENSION, unsupported } from './refusal.js';
import { concatenationAxis, squeezedAxes } from './shapes.js';
import { checkWeights, filterAxis } from './weights.js';

/** Least and greatest number of inputs. */
const INPUTS: Record<OperatorName, readonly [number, number]> = {
  CONV_2D: [2, 3],
  DEPTHWISE_CONV_2D: [2, 3],
  FULLY_CONNECTED: [2, 3],
  AVERAGE_POOL_2D: [1, 1],
  MAX_POOL_2D: [1, 1],
  MEAN: [2, 2],
  ADD: [2, 2],
  PAD: [2, 2],
  CONCATENATION: [1, 1024],
  RESHAPE: [1, 2],
  SQUEEZE: [1, 1],
  SOFTMAX: [1, 1],
  LOGISTIC: [1, 1],
  RELU: [1, 1],
  RELU6: [1, 1],
  QUANTIZE: [1, 1],
  DEQUANTIZE: [1, 1],
};

/** Number of inputs and outputs, and which inputs may be absent. Indices must be in range. */
export function checkArity(operator: Operator): void {
  const [least, most] = INPUTS[operator.op];
  const { inputs, outputs } = operator;
  if (inputs.length < least || inputs.length > most) {
    const extra = inputs.length > most ? unsupported : invalid;
    throw extra(operator)(`${inputs.length} inputs`, least === most ? `${least}` : `${least} to ${most}`);
  }
  if (outputs.length !== 1) throw invalid(operator)(`${outputs.length} outputs`, '1');
  const absent = inputs.indexOf(-1);
  if (absent >= 0 && !(absent === 2 && filterAxis(operator) !== undefined)) {
    throw invalid(operator)(`input ${absent} is absent`, 'all inputs but the bias of a convolution are present');
  }
}

/** How many of the inputs, from the first, are activations; the others are constants. */
export function activationInputs(operator: Operator): number {
  return operator.op === 'ADD' || operator.op === 'CONCATENATION' ? operator.inputs.length : 1;
}

/**
 * Everything about an operator but its output shape, which shapes.ts derives once this has passed. `read` holds the
 * tensors that any operator reads.
 */
export function checkOperator(graph: Graph, operator: Operator, read: ReadonlySet<number>): void {
  const { tensors } = graph;
  const count = activationInputs(operator);
  const activations = operator.inputs.slice(0, count).map((index) => tensors[index]);
  const output = tensors[operator.outputs[0]];
  for (const tensor of activations) {
    if (tensor.data) {
      throw unsupported(operator)('a constant as input', 'activations', 'Fold the constant before exporting', tensor);
    }
  }
  for (const tensor of [...activations, output]) checkActivation(operator, tensor);
  for (const index of operator.inputs.slice(count)) {
    const tensor = tensors[index];
    if (tensor && !tensor.data) {
      const advice =
        'Weights, axes, paddings and shapes must be stored in the model: export it again with fixed shapes';
      throw unsupported(operator)('it is computed while the model runs', 'constants', advice, tensor);
    }
  }
  checkTypes(graph, operator, activations, output, read);
  switch (operator.op) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D':
      checkWindow(operator, activations[0]);
      checkWeights(graph, operator, activations[0], output);
      break;
    case 'FULLY_CONNECTED':
      checkWeights(graph, operator, activations[0], output);
      break;
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      checkWindow(operator, activations[0]);
      checkSameQuantization(operator, activations[0], output, 1e-5);
      break;
    case 'MEAN':
      checkMean(operator, activations[0], tensors[operator.inputs[1]], output);
      break;
    case 'ADD':
      checkAdd(operator, activations, output);
      break;
    case 'PAD':
      checkPaddings(operator, activations[0], tensors[operator.inputs[1]]);
      checkSameQuantization(operator, activations[0], output);
      break;
    case 'CONCATENATION':
      checkConcatenation(operator, activations, output);
      break;
    case 'RESHAPE':
      checkReshape(operator, tensors[operator.inputs[1]], output);
      checkSameQuantization(operator, activations[0], output);
      break;
    case 'SQUEEZE':
      checkSqueeze(operator, activations[0], output);
      checkSameQuantization(operator, activations[0], output);
      break;
    case 'SOFTMAX':
      if (!(operator.beta > 0 && Number.isFinite(operator.beta))) {
        throw unsupported(operator)(`beta ${operator.beta}`, 'beta above 0');
      }
      checkProbabilities(operator, output);
      break;
    case 'LOGISTIC':
      checkProbabilities(operator, output);
      break;
    case 'RELU':
    case 'RELU6':
    case 'QUANTIZE':
      if (activations[0].dtype === 'float32') break;
      checkMultiplier(operator, perTensor(activations[0]).scale / perTensor(output).scale, output);
      break;
    case 'DEQUANTIZE':
      break;
  }
}

function checkActivation(operator: Operator, tensor: Tensor): void {
  const { shape } = tensor;
  const fail = unsupported(operator);
  if (shape.length < 1 || shape.length > 4) {
    throw fail(`shape [${shape}]`, '1 to 4 dimensions', undefined, tensor);
  }
  if (shape[0] !== 1 && shape.length % 2 === 0) {
    throw fail(`batch ${shape[0]} in shape [${shape}]`, 'batch 1', 'Export the model with batch size 1', tensor);
  }
  if (hwc(shape).some((dim) => dim > MAX_DIMENSION)) {
    throw new DepthwiseError(
      'MODEL_TOO_LARGE',
      `${where(operator, tensor)}: shape [${shape}]; height, width and channels may be ${MAX_DIMENSION} at most. ` +
        'Make the input or the layer smaller.',
    );
  }
}

function checkTypes(
  graph: Graph,
  operator: Operator,
  activations: readonly Tensor[],
  output: Tensor,
  read: ReadonlySet<number>,
): void {
  const fail = unsupported(operator);
  const eightBit = (tensor: Tensor) => {
    if (tensor.dtype === 'int8' || tensor.dtype === 'uint8') return;
    const advice = 'A float model has to be quantised to int8 first, with float32 at its inputs and outputs at most';
    throw fail(`a ${tensor.dtype} activation`, 'int8 and uint8', advice, tensor);
  };
  const edge = 'float32 only where the model begins (input, then QUANTIZE) and ends (DEQUANTIZE, then output)';
  if (operator.op === 'QUANTIZE') {
    const [input] = activations;
    if (input.dtype !== 'float32') eightBit(input);
    else if (!graph.inputs.includes(input.index)) {
      throw fail('float32 inside the model', edge, 'Quantise the whole model to int8', input);
    }
    eightBit(output);
    return;
  }
  if (operator.op === 'DEQUANTIZE') {
    eightBit(activations[0]);
    if (output.dtype !== 'float32' || read.has(output.index) || !graph.outputs.includes(output.index)) {
      throw fail(`${output.dtype} inside the model`, edge, 'Quantise the whole model to int8', output);
    }
    return;
  }
  for (const tensor of [...activations, output]) eightBit(tensor);
  const other = [...activations, output].find((tensor) => tensor.dtype !== activations[0].dtype);
  if (other) {
    throw fail(`${other.dtype} beside ${activations[0].dtype}`, 'one type in all inputs and outputs', undefined, other);
  }
}

function checkWindow(
  operator: OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'>,
  input: Tensor,
) {
  if (input.shape.length !== 4) {
    throw unsupported(operator)(`shape [${input.shape}]`, 'batch, height, width, channels', undefined, input);
  }
  const sizes = [operator.strideH, operator.strideW];
  if (operator.op === 'AVERAGE_POOL_2D' || operator.op === 'MAX_POOL_2D')
    sizes.push(operator.filterH, operator.filterW);
  if (sizes.some((size) => !Number.isInteger(size) || size < 1 || size > MAX_DIMENSION)) {
    throw invalid(operator)(`strides and window ${sizes.join(', ')}`, `1 to ${MAX_DIMENSION} each`);
  }
}

function checkSameQuantization(operator: Operator, input: Tensor, output: Tensor, tolerance = 0): void {
  const from = perTensor(input);
  const to = perTensor(output);
  if (Math.abs(from.scale - to.scale) <= tolerance * from.scale && from.zeroPoint === to.zeroPoint) return;
  throw unsupported(operator)(
    `scale ${from.scale}, zero point ${from.zeroPoint} become ${to.scale}, ${to.zeroPoint}`,
    'one scale and zero point for input and output',
    'Put a QUANTIZE behind it',
    output,
  );
}

function int32Values(operator: Operator, tensor: Tensor): Int32Array {
  if (tensor.data instanceof Int32Array) return tensor.data;
  throw unsupported(operator)(`${tensor.dtype} parameters`, 'int32', undefined, tensor);
}

function checkMean(operator: OperatorOf<'MEAN'>, input: Tensor, axes: Tensor, output: Tensor): void {
  const listed = [...int32Values(operator, axes).subarray(0, 8)];
  const wanted = listed.map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  if (input.shape.length !== 4 || String(wanted) !== '1,2') {
    throw unsupported(operator)(
      `axes [${listed}] of an input [${input.shape}]`,
      'the mean over height and width, axes 1 and 2 of four dimensions',
      undefined,
      axes,
    );
  }
  checkMultiplier(operator, perTensor(input).scale / perTensor(output).scale, output);
}

function checkAdd(operator: OperatorOf<'ADD'>, [a, b]: readonly Tensor[], output: Tensor): void {
  if (String(a.shape) !== String(b.shape)) {
    throw unsupported(operator)(`shapes [${a.shape}] and [${b.shape}]`, 'two inputs of one shape', undefined, b);
  }
  // Both inputs are brought to twice the greater scale with 20 bits to spare, then to the output's scale.
  const largest = Math.max(perTensor(a).scale, perTensor(b).scale);
  const factor = (2 * largest) / (2 ** 20 * perTensor(output).scale);
  if (!(factor > 0 && factor < 1)) {
    throw invalid(operator)('an output scale far below the input scales', 'within a factor of 2^19', undefined, output);
  }
}

function checkPaddings(operator: OperatorOf<'PAD'>, input: Tensor, paddings: Tensor): void {
  const values = int32Values(operator, paddings);
  if (input.shape.length !== 4 || values.length !== 8 || String(paddings.shape) !== '4,2') {
    throw unsupported(operator)(
      `paddings [${paddings.shape}] of an input [${input.shape}]`,
      'paddings [4,2] of an input of four dimensions',
      undefined,
      paddings,
    );
  }
  if (values.some((value) => value < 0 || value > MAX_DIMENSION)) {
    throw invalid(operator)(`paddings ${values.join(', ')}`, `0 to ${MAX_DIMENSION} each`, undefined, paddings);
  }
  if (values[0] || values[1] || values[6] || values[7]) {
    throw unsupported(operator)(`paddings ${values.join(', ')}`, 'height and width only', undefined, paddings);
  }
}

function checkConcatenation(operator: OperatorOf<'CONCATENATION'>, inputs: readonly Tensor[], output: Tensor): void {
  const [first] = inputs;
  const axis = concatenationAxis(operator, first.shape.length);
  if (!Number.isInteger(axis) || axis < 0 || axis >= first.shape.length) {
    throw invalid(operator)(`axis ${operator.axis}`, `an axis of [${first.shape}]`);
  }
  if (operator.activation !== 'none') {
    throw unsupported(operator)(`activation ${operator.activation}`, 'no activation');
  }
  for (const tensor of inputs) {
    const same = tensor.shape.length === first.shape.length;
    if (!same || tensor.shape.some((dim, i) => i !== axis && dim !== first.shape[i])) {
      const expected = `[${first.shape}] but for axis ${axis}`;
      throw invalid(operator)(`an input of shape [${tensor.shape}]`, expected, undefined, tensor);
    }
    // TFLite rescales uint8 inputs only.
    if (tensor.dtype === 'int8') checkSameQuantization(operator, tensor, output);
  }
}

function checkReshape(operator: Operator, shape: Tensor | undefined, output: Tensor): void {
  if (!shape) return;
  // One dimension more than any output has tells a longer list from one that matches.
  const wanted = [...int32Values(operator, shape).subarray(0, 8)];
  const matches =
    wanted.length === output.shape.length && wanted.every((dim, i) => dim === -1 || dim === output.shape[i]);
  if (!matches) {
    throw invalid(operator)(`new shape [${wanted}]`, `the output's [${output.shape}]`, undefined, shape);
  }
}

function checkSqueeze(operator: Operator, input: Tensor, output: Tensor): void {
  if (squeezedAxes(input.shape, output.shape)) return;
  throw invalid(operator)(`[${input.shape}] becomes [${output.shape}]`, 'only dimensions of 1 go', undefined, output);
}

function checkProbabilities(operator: Operator, output: Tensor): void {
  const { scale, zeroPoint } = perTensor(output);
  const lowest = output.dtype === 'int8' ? -128 : 0;
  if (Math.abs(scale * 256 - 1) <= 1e-3 && zeroPoint === lowest) return;
  const found = `output scale ${scale}, zero point ${zeroPoint}`;
  throw unsupported(operator)(found, `scale 1/256, zero point ${lowest}`, undefined, output);
}

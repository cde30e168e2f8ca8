/**
 * What each operator demands of its tensors: number, type, shape and quantisation. Follows the checks that the TFLite
 * kernels make when they are prepared, and adds the limits of this compiler.
 */
import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, OperatorName, Tensor } from '../graph/graph.js';
import { hwc, perTensor, where } from '../graph/graph.js';
import {
  checkAdd,
  checkConcatenation,
  checkMean,
  checkPaddings,
  checkProbabilities,
  checkReshape,
  checkSameQuantization,
  checkSqueeze,
  checkWindow,
} from '../graph/operator-rules.js';
import { checkMultiplier, invalid, MAX_DIMENSION, unreachable, unsupported } from '../graph/refusal.js';
import { checkWeights, filterAxis } from '../graph/weights.js';

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
  for (const tensor of [...activations, output]) checkActivation(graph, operator, tensor);
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
    default:
      unreachable(operator);
  }
}

function checkActivation(graph: Graph, operator: Operator, tensor: Tensor): void {
  const { shape } = tensor;
  const fail = unsupported(operator);
  if (shape.length < 1 || shape.length > 4) {
    throw fail(`shape [${shape}]`, '1 to 4 dimensions', undefined, tensor);
  }
  // Inside the model, [N, C] is the N pixels of a map: a batch would have come in with the input.
  const pixels = shape.length === 2 && !graph.inputs.includes(tensor.index);
  if (shape[0] !== 1 && shape.length % 2 === 0 && !pixels) {
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

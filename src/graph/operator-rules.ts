/** What single operators demand beyond numbers and types of tensors: windows, axes, paddings, shapes, scales. */
import type { Operator, OperatorOf, Tensor } from './graph.js';
import { perTensor } from './graph.js';
import { checkMultiplier, invalid, MAX_DIMENSION, unsupported } from './refusal.js';
import { concatenationAxis, squeezedAxes } from './shapes.js';

export function checkWindow(
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

export function checkSameQuantization(operator: Operator, input: Tensor, output: Tensor, tolerance = 0): void {
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

export function checkMean(operator: OperatorOf<'MEAN'>, input: Tensor, axes: Tensor, output: Tensor): void {
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

export function checkAdd(operator: OperatorOf<'ADD'>, [a, b]: readonly Tensor[], output: Tensor): void {
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

export function checkPaddings(operator: OperatorOf<'PAD'>, input: Tensor, paddings: Tensor): void {
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

export function checkConcatenation(
  operator: OperatorOf<'CONCATENATION'>,
  inputs: readonly Tensor[],
  output: Tensor,
): void {
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

export function checkReshape(operator: Operator, shape: Tensor | undefined, output: Tensor): void {
  if (!shape) return;
  // One dimension more than any output has tells a longer list from one that matches.
  const wanted = [...int32Values(operator, shape).subarray(0, 8)];
  const matches =
    wanted.length === output.shape.length && wanted.every((dim, i) => dim === -1 || dim === output.shape[i]);
  if (!matches) {
    throw invalid(operator)(`new shape [${wanted}]`, `the output's [${output.shape}]`, undefined, shape);
  }
}

export function checkSqueeze(operator: Operator, input: Tensor, output: Tensor): void {
  if (squeezedAxes(input.shape, output.shape)) return;
  throw invalid(operator)(`[${input.shape}] becomes [${output.shape}]`, 'only dimensions of 1 go', undefined, output);
}

export function checkProbabilities(operator: Operator, output: Tensor): void {
  const { scale, zeroPoint } = perTensor(output);
  const lowest = output.dtype === 'int8' ? -128 : 0;
  if (Math.abs(scale * 256 - 1) <= 1e-3 && zeroPoint === lowest) return;
  const found = `output scale ${scale}, zero point ${zeroPoint}`;
  throw unsupported(operator)(found, `scale 1/256, zero point ${lowest}`, undefined, output);
}

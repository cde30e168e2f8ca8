/** Filters and biases: what layers with weights share, and what they demand of them. */
import type { Tensor } from '../graph/graph.js';
import { elements, perTensor } from '../graph/graph.js';
import { checkMultiplier, invalid, MAX_DIMENSION, unsupported } from '../graph/refusal.js';
import { filterAxis, type WeightedOperator } from '../graph/weighted.js';
import type { ExactRun, Placed } from './definition.js';

/** Parts of a definition. */
export const weighted = {
  inputs: [2, 3],
  optional: [2],
  parameters: ({ inputs }: WeightedOperator) => inputs.slice(1).filter((index) => index >= 0),
  hasActivation: true,
} as const;

export const biasOf = (run: ExactRun): Int32Array | undefined => run.values[2] as Int32Array | undefined;

/** The input is quantised per tensor, and filter and bias are constants. */
export function checkWeights({ operator, inputs: [input, filter, bias], output }: Placed<WeightedOperator>): void {
  checkFilterShape(operator, input, filter);
  if (filter.dtype !== input.dtype) {
    const advice = 'Quantise weights and activations to int8';
    throw unsupported(operator)(`${filter.dtype} weights`, `${input.dtype} as the activations`, advice, filter);
  }
  const axis = filterAxis(operator);
  const channels = filter.shape[axis];
  const q = filter.quantization;
  if (!q) throw invalid(operator)('weights without scale', 'a scale', undefined, filter);
  if (q.scale.length > 1 && (filter.dtype === 'uint8' || q.axis !== axis)) {
    const expected = filter.dtype === 'uint8' ? 'one scale for all uint8 weights' : `scales along axis ${axis}`;
    throw unsupported(operator)(`${q.scale.length} scales along axis ${q.axis}`, expected, undefined, filter);
  }
  if (filter.dtype === 'int8' && q.zeroPoint.some((zeroPoint) => zeroPoint !== 0)) {
    const advice = 'Quantise the weights symmetrically';
    throw unsupported(operator)('int8 weights with a zero point', 'zero point 0', advice, filter);
  }
  const { scale: inputScale } = perTensor(input);
  const { scale: outputScale } = perTensor(output);
  for (const scale of q.scale) checkMultiplier(operator, (inputScale * scale) / outputScale, output);
  if (!bias) return;
  if (bias.dtype !== 'int32' || elements(bias.shape) !== channels) {
    throw (bias.dtype === 'int32' ? invalid : unsupported)(operator)(
      `${bias.dtype} bias of ${elements(bias.shape)} values`,
      `an int32 bias of ${channels}, one per output channel`,
      undefined,
      bias,
    );
  }
  if (bias.quantization?.zeroPoint.some((zeroPoint) => zeroPoint !== 0)) {
    throw invalid(operator)('a bias with a zero point', 'zero point 0', undefined, bias);
  }
  // TFLite makes this check of uint8 convolutions and of per-tensor fully connected layers.
  const biasScale = bias.quantization?.scale;
  if (
    biasScale?.length === 1 &&
    (input.dtype === 'uint8' || (operator.op === 'FULLY_CONNECTED' && q.scale.length === 1))
  ) {
    const product = Math.fround(inputScale * q.scale[0]);
    if (!(Math.abs(product - biasScale[0]) / outputScale <= 0.02)) {
      throw invalid(operator)(`bias scale ${biasScale[0]}`, `input scale * filter scale = ${product}`, undefined, bias);
    }
  }
}

function checkFilterShape(operator: WeightedOperator, input: Tensor, filter: Tensor): void {
  const { shape } = filter;
  const found = `filter [${shape}] on input [${input.shape}]`;
  const contradiction = (expected: string) => invalid(operator)(found, expected, undefined, filter);
  if (operator.op === 'FULLY_CONNECTED') {
    if (shape.length !== 2) throw contradiction('a filter of two dimensions, outputs and inputs');
    const size = elements(input.shape);
    if (size % shape[1]) throw contradiction(`${size} inputs`);
    // A layer over rows is one over pixels: rows must not cut through the channels of a map.
    if (shape[1] !== size && shape[1] !== input.shape.at(-1)) {
      const expected = `filters over all ${size} inputs or over the last dimension`;
      throw unsupported(operator)(found, expected, 'Reshape the input first', filter);
    }
    if (shape.every((dim) => dim <= MAX_DIMENSION)) return;
    throw unsupported(operator)(found, `${MAX_DIMENSION} inputs and outputs`, undefined, filter);
  }
  if (shape.length !== 4) throw contradiction('a filter of four dimensions');
  const channels = input.shape[3];
  if (operator.op === 'TRANSPOSE_CONV') {
    if (shape[3] !== channels) throw contradiction(`${channels} input channels`);
    return;
  }
  if (operator.op === 'CONV_2D') {
    if (shape[3] === channels) return;
    if (channels % shape[3]) throw contradiction(`${channels} input channels`);
    if (shape[0] % (channels / shape[3])) throw contradiction(`outputs in ${channels / shape[3]} groups`);
    return;
  }
  const expected = `[1, height, width, ${channels} * depth multiplier ${operator.depthMultiplier}]`;
  const multiplier = operator.depthMultiplier;
  if (shape[0] !== 1 || !Number.isInteger(multiplier) || shape[3] !== channels * multiplier) {
    throw contradiction(expected);
  }
}

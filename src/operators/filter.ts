/** Filters and biases: what layers with weights share, and what they demand of them. */
import type { DepthwiseError } from '../errors.js';
import { elements, perTensor, type WeightedOperator } from '../graph/graph.js';
import { checkMultiplier, invalid, unsupported } from '../graph/refusal.js';
import { filterAxis } from '../graph/weighted.js';
import type { ExactRun, Placed } from './definition.js';

/** Parts of a definition. */
export const weighted = {
  inputs: [2, 3],
  optional: [2],
  parameters: ({ inputs }: WeightedOperator) => inputs.slice(1).filter((index) => index >= 0),
  hasActivation: true,
} as const;

export const biasOf = (run: ExactRun): Int32Array | undefined => run.values[2] as Int32Array | undefined;

/** The input is quantised per tensor, and filter and bias are constants. `hasOneScale` as in FilterDefinition. */
export function checkWeights(placed: Placed<WeightedOperator>, hasOneScale = false): void {
  const { operator, output } = placed;
  const [input, filter, bias] = placed.inputs;
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
  if (biasScale?.length === 1 && (input.dtype === 'uint8' || (hasOneScale && q.scale.length === 1))) {
    const product = Math.fround(inputScale * q.scale[0]);
    if (!(Math.abs(product - biasScale[0]) / outputScale <= 0.02)) {
      throw invalid(operator)(`bias scale ${biasScale[0]}`, `input scale * filter scale = ${product}`, undefined, bias);
    }
  }
}

/** An error: what filter stands on what input, and what was expected. */
export const filterError =
  ({ operator, inputs: [input, filter] }: Placed<WeightedOperator>) =>
  (expected: string, refuse: typeof invalid | typeof unsupported = invalid, advice?: string): DepthwiseError =>
    refuse(operator)(`filter [${filter.shape}] on input [${input.shape}]`, expected, advice, filter);

/** Filters of maps, OHWI or 1HWO. */
export function checkMapFilter(placed: Placed<WeightedOperator>): void {
  if (placed.inputs[1].shape.length !== 4) throw filterError(placed)('a filter of four dimensions');
}

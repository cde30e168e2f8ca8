/** Shared by the prepare functions: ranges of a dtype, the clamp of a fused activation, one error. */
import { DepthwiseError } from '../../errors.js';
import type { Activation, DType, Operator, Tensor } from '../../graph/graph.js';
import { ACTIVATION_BOUNDS, perTensor, where } from '../../graph/graph.js';
import { roundHalfAwayFromZero } from './fixedpoint.js';

/** Output values are clamped to [clampLow, clampHigh], in the output's own dtype. */
export interface Clamp {
  clampLow: number;
  clampHigh: number;
}

/** Lowest and highest value of a byte dtype. */
export function byteRange(dtype: DType): [low: number, high: number] {
  if (dtype === 'int8') return [-128, 127];
  if (dtype === 'uint8') return [0, 255];
  throw new DepthwiseError('MODEL_UNSUPPORTED', `A kernel was given ${dtype}, expected int8 or uint8.`);
}

/** Real bounds, quantised as the output is, within the range of the dtype. */
export function boundsClamp(output: Tensor, [low, high]: readonly [low: number, high: number]): Clamp {
  const [lowest, highest] = byteRange(output.dtype);
  const { scale, zeroPoint } = perTensor(output);
  const quantize = (real: number) => zeroPoint + roundHalfAwayFromZero(Math.fround(real / scale));
  return { clampLow: Math.max(lowest, quantize(low)), clampHigh: Math.min(highest, quantize(high)) };
}

/** The clamp of a fused activation. */
export const activationClamp = (output: Tensor, activation: Activation): Clamp =>
  boundsClamp(output, ACTIVATION_BOUNDS[activation]);

export function unsupported(operator: Operator, tensor: Tensor, found: string, expected: string): DepthwiseError {
  return new DepthwiseError('MODEL_UNSUPPORTED', `${where(operator, tensor)}: found ${found}, expected ${expected}.`);
}

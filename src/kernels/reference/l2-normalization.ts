/**
 * L2 normalization over the channels of each pixel; the output's scale is 1/128 and its zero point 0 (int8) or 128 (uint8):
 *
 *   out[c] = clamp((in[c] - zpIn) * 128 / sqrt(sum over k of (in[k] - zpIn)^2) + zpOut)
 *
 * A sum of 0 divides by 1. The two dtypes round in another order: int8 shifts left before it multiplies, as far as it can, uint8
 * always by 7 bits, and then rounds twice whatever the option says.
 * Source: tflite-micro, kernels/internal/reference/integer_ops/l2normalization.h (int8), reference/l2normalization.h (uint8).
 */
import type { Bytes } from './bytes.js';
import type { Rounding } from './fixedpoint.js';
import { multiplyByQuantizedMultiplier } from './fixedpoint.js';
import { inverseSquareRoot } from './gemmlowp.js';

/** Bits of the output's scale. */
const OUTPUT_SHIFT = 7;

export interface L2Parameters {
  /** Height times width. */
  pixels: number;
  channels: number;
  inputZeroPoint: number;
}

export function l2Normalization(input: Bytes, output: Bytes, p: L2Parameters, rounding: Rounding = 'double'): void {
  const unsigned = output instanceof Uint8Array;
  const [low, high, zeroPoint] = unsigned ? [0, 255, 128] : [-128, 127, 0];
  for (let pixel = 0; pixel < p.pixels; pixel++) {
    const at = pixel * p.channels;
    const values = Array.from(input.subarray(at, at + p.channels), (value) => value - p.inputZeroPoint);
    const { multiplier, shift } = inverseSquareRoot(values.reduce((sum, value) => sum + value * value, 0));
    values.forEach((value, c) => {
      const scaled = unsigned
        ? multiplyByQuantizedMultiplier(value * 2 ** OUTPUT_SHIFT, multiplier, shift)
        : multiplyByQuantizedMultiplier(value, multiplier, shift + OUTPUT_SHIFT, rounding);
      output[at + c] = Math.min(high, Math.max(low, scaled + zeroPoint));
    });
  }
}

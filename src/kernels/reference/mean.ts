/**
 * The mean over height and width, n pixels:
 *
 *   out[c] = clamp((sum over y, x of in[y, x, c] - n * zpIn) * multiplier * 2^(shift - 31) + zpOut)
 *
 * multiplier and shift stand for scale in / (scale out * n), see meanParameters. keep_dims changes the shape only.
 * Source: tflite-micro, QuantizedMeanOrSum in kernels/internal/reference/reduce.h. Legacy uint8 takes the same path
 * here; TFLite's builtin kernel for uint8 rounds the zero point first and may differ by 1.
 */
import type { Bytes } from './bytes.js';
import type { Rounding } from './fixedpoint.js';
import { multiplyByQuantizedMultiplier } from './fixedpoint.js';
import type { MeanParameters } from './prepare.js';

export function mean(input: Bytes, output: Bytes, p: MeanParameters, rounding: Rounding = 'double'): void {
  const pixels = p.height * p.width;
  for (let c = 0; c < p.channels; c++) {
    let sum = 0;
    for (let pixel = 0; pixel < pixels; pixel++) sum += input[pixel * p.channels + c];
    const scaled = multiplyByQuantizedMultiplier(sum - pixels * p.inputZeroPoint, p.multiplier, p.shift, rounding);
    output[c] = Math.min(p.clampHigh, Math.max(p.clampLow, scaled + p.outputZeroPoint));
  }
}

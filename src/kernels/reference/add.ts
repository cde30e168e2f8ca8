/**
 * The sum of two tensors of one shape, element by element:
 *
 *   a   = ((in1 - zp1) << 20) * multiplier1 * 2^(shift1 - 31)
 *   b   = ((in2 - zp2) << 20) * multiplier2 * 2^(shift2 - 31)
 *   out = clamp((a + b) * multiplierOut * 2^(shiftOut - 31) + zpOut)
 *
 * Source: tflite-micro, kernels/internal/reference/integer_ops/add.h (int8) and reference/add.h (uint8).
 */
import type { Bytes } from './bytes.js';
import type { QuantizedMultiplier, Rounding } from './fixedpoint.js';
import { multiplyByQuantizedMultiplier } from './fixedpoint.js';
import type { AddParameters } from './prepare.js';

export function add(
  input1: Bytes,
  input2: Bytes,
  output: Bytes,
  p: AddParameters,
  rounding: Rounding = 'double',
): void {
  const scale = (value: number, by: QuantizedMultiplier) =>
    multiplyByQuantizedMultiplier(value, by.multiplier, by.shift, rounding);
  for (let i = 0; i < output.length; i++) {
    const a = scale((input1[i] - p.input1ZeroPoint) * 2 ** p.leftShift, p.input1);
    const b = scale((input2[i] - p.input2ZeroPoint) * 2 ** p.leftShift, p.input2);
    output[i] = Math.min(p.clampHigh, Math.max(p.clampLow, scale(a + b, p.output) + p.outputZeroPoint));
  }
}

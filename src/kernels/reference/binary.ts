/**
 * Two operands, value by value, each repeated along axes in which it has one value:
 *
 *   sum       a, b brought to one scale; out = clamp((±a ± b) * multiplierOut * 2^(shiftOut - 31) + zpOut)
 *   product   out = clamp((in1 - zp1) * (in2 - zp2) * multiplier * 2^(shift - 31) + zpOut)
 *   prelu     in1 >= zp1: out = clamp((in1 - zp1) * multiplier1 * 2^(shift1 - 31) + zpOut), else as a product
 *   maximum, minimum: of the values as they are
 *
 * Sources: tflite-micro, kernels/internal/reference: sub.h, integer_ops/mul.h, prelu.h, maximum_minimum.h.
 */
import { multiplyByQuantizedMultiplier, type QuantizedMultiplier, type Rounding } from './fixedpoint.js';
import type { Moved } from './gather.js';

export type Combine = (a: number, b: number) => number;

/** An operand. Its shape has as many axes as the output's; each is as long as there, or 1. */
export interface Operand {
  values: Moved;
  shape: readonly number[];
}

export function binary(a: Operand, b: Operand, output: Operand, combine: Combine): void {
  const [from1, from2] = [offsets(a.shape, output.shape), offsets(b.shape, output.shape)];
  for (let i = 0; i < output.values.length; i++) output.values[i] = combine(a.values[from1(i)], b.values[from2(i)]);
}

/** From the place of an output value to that of its operand's. */
function offsets(shape: readonly number[], whole: readonly number[]): (index: number) => number {
  return (index) => {
    let [rest, at, stride] = [index, 0, 1];
    for (let axis = whole.length - 1; axis >= 0; axis--) {
      if (shape[axis] > 1) at += (rest % whole[axis]) * stride;
      stride *= shape[axis];
      rest = Math.floor(rest / whole[axis]);
    }
    return at;
  };
}

/** Zero points, and what brings values to a common scale, to the output's, or both. */
export interface BinaryParameters {
  zeroPoint1: number;
  zeroPoint2: number;
  outputZeroPoint: number;
  input1: QuantizedMultiplier;
  input2: QuantizedMultiplier;
  output: QuantizedMultiplier;
  clampLow: number;
  clampHigh: number;
}

/** Bits of headroom of a sum of bytes. */
const LEFT_SHIFT = 20;

/** The sum of both operands, each with its sign, 1 or -1. */
export function sumOf(p: BinaryParameters, sign1: number, sign2: number, rounding: Rounding): Combine {
  const scaled = scale(rounding);
  return (a, b) => {
    const first = scaled((a - p.zeroPoint1) * 2 ** LEFT_SHIFT, p.input1);
    const second = scaled((b - p.zeroPoint2) * 2 ** LEFT_SHIFT, p.input2);
    return clamp(p, scaled(sign1 * first + sign2 * second, p.output));
  };
}

export function productOf(p: BinaryParameters, rounding: Rounding): Combine {
  const scaled = scale(rounding);
  return (a, b) => clamp(p, scaled((a - p.zeroPoint1) * (b - p.zeroPoint2), p.output));
}

export function preluOf(p: BinaryParameters, rounding: Rounding): Combine {
  const [scaled, product] = [scale(rounding), productOf(p, rounding)];
  return (a, b) => (a >= p.zeroPoint1 ? clamp(p, scaled(a - p.zeroPoint1, p.input1)) : product(a, b));
}

const scale =
  (rounding: Rounding) =>
  (value: number, { multiplier, shift }: QuantizedMultiplier): number =>
    multiplyByQuantizedMultiplier(value, multiplier, shift, rounding);

const clamp = (p: BinaryParameters, value: number): number =>
  Math.min(p.clampHigh, Math.max(p.clampLow, value + p.outputZeroPoint));

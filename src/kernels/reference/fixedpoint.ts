/**
 * Multiplication of an int32 by a positive real number, in integers: what every quantised operator ends with.
 *
 *   real = multiplier * 2^(shift - 31),  multiplier in [2^30, 2^31),  shift > 0 is a left shift
 *
 * Source: tflite-micro, kernels/internal/quantization_util.cc and common.cc; gemmlowp, fixedpoint/fixedpoint.h.
 *
 * A product of two int32 has 63 bits and a double holds 53. So one factor is split in 16-bit halves: each partial product
 * stays below 2^48, and every quotient below is by a power of two, so Math.floor is exact.
 */
import { DepthwiseError } from '../../errors.js';

/** double: gemmlowp, rounds at 2^31 and again at the right shift. single: TFLITE_SINGLE_ROUNDING, rounds once. */
export type Rounding = 'double' | 'single';

export interface QuantizedMultiplier {
  /** 0, or in [2^30, 2^31). */
  multiplier: number;
  /** -31..31; positive shifts left. */
  shift: number;
}

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

/** The C round(): to the nearest integer, halves away from zero. */
export function roundHalfAwayFromZero(x: number): number {
  return x < 0 ? 0 - Math.round(-x) : Math.round(x);
}

/**
 * Splits a real factor >= 0 into multiplier and shift. Factors below 2^-32 become 0.
 * Throws MODEL_UNSUPPORTED for what no shift can express: negative, not finite, 2^31 or more.
 */
export function quantizeMultiplier(real: number, rounding: Rounding = 'double'): QuantizedMultiplier {
  if (!(real >= 0 && real < 2 ** 31)) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `A ratio of quantisation scales is ${real}, expected 0 up to 2^31. Check the scales of the model's tensors.`,
    );
  }
  if (real < 2 ** -40) return { multiplier: 0, shift: 0 };
  // real = fraction * 2^shift, fraction in [0.5, 1): log2 may be off by one next to a power of two.
  let shift = Math.floor(Math.log2(real)) + 1;
  if (real >= 2 ** shift) shift++;
  if (real < 2 ** (shift - 1)) shift--;
  let multiplier = Math.round((real / 2 ** shift) * 2 ** 31);
  if (multiplier === 2 ** 31) {
    multiplier = 2 ** 30;
    shift++;
  }
  if (shift < -31) return { multiplier: 0, shift: 0 };
  if (rounding === 'single' && shift > 30) return { multiplier: INT32_MAX, shift: 30 };
  return { multiplier, shift };
}

/** floor((a * b + 2^30) / 2^31) of two int32; the one overflow, both -2^31, gives 2^31 - 1. */
export function saturatingRoundingDoublingHighMul(a: number, b: number): number {
  if (a === INT32_MIN && b === INT32_MIN) return INT32_MAX;
  const high = b >> 16;
  const low = b & 0xffff;
  const carry = Math.floor((a * low + 2 ** 30) / 2 ** 16);
  return Math.floor((a * high + carry) / 2 ** 15);
}

/** x / 2^exponent of an int32, to the nearest integer, halves away from zero. From exponent 32 on it is 0. */
export function roundingDivideByPowerOfTwo(x: number, exponent: number): number {
  if (exponent === 0) return x;
  const magnitude = Math.floor((Math.abs(x) + 2 ** (exponent - 1)) / 2 ** exponent);
  return x < 0 ? 0 - magnitude : magnitude;
}

/**
 * acc * multiplier * 2^(shift - 31) as an int32. A left shift of the accumulator wraps, as it does in C compilers.
 *
 * double: RoundingDivideByPOT(SaturatingRoundingDoublingHighMul(acc << left, multiplier), right)
 * single: floor((acc * multiplier + 2^(30 - shift)) / 2^(31 - shift))
 */
export function multiplyByQuantizedMultiplier(
  acc: number,
  multiplier: number,
  shift: number,
  rounding: Rounding = 'double',
): number {
  if (rounding === 'single') return multiplyRoundingOnce(acc, multiplier, shift);
  const shifted = shift > 0 ? acc << shift : acc;
  return roundingDivideByPowerOfTwo(saturatingRoundingDoublingHighMul(shifted, multiplier), shift > 0 ? 0 : -shift);
}

function multiplyRoundingOnce(acc: number, multiplier: number, shift: number): number {
  // product = high * 2^16 + low, low in 0..65535
  const lowProduct = acc * (multiplier & 0xffff);
  const high = acc * (multiplier >> 16) + Math.floor(lowProduct / 2 ** 16);
  const low = lowProduct - Math.floor(lowProduct / 2 ** 16) * 2 ** 16;
  const bits = 31 - shift;
  // Above 16 bits `low` lies below the rounding bit and cannot carry into it.
  if (bits > 16) return Math.floor((high + 2 ** (bits - 17)) / 2 ** (bits - 16)) | 0;
  return (((high * 2 ** (16 - bits)) | 0) + Math.floor((low + 2 ** (bits - 1)) / 2 ** bits)) | 0;
}

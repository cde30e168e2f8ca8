/**
 * exp, 1/(1+x), logistic and tanh in 32-bit fixed point: the functions behind int8 softmax, sigmoid and tanh.
 * Qm.n is an int32 with m integer bits and n = 31 - m fraction bits: real = raw / 2^n. Every product of raw values is
 * a rounding doubling high multiplication, under which integer bits add up: Qa * Qb is Q(a+b).
 *
 * Source: gemmlowp, fixedpoint/fixedpoint.h; GetReciprocal is from tflite-micro, kernels/internal/common.h.
 */
import { saturatingRoundingDoublingHighMul as multiply, roundingDivideByPowerOfTwo } from './fixedpoint.js';

/** 1.0 in Q0.31, or as near as it gets. */
const ONE_Q0 = 2 ** 31 - 1;

/** exp(-2^k) in Q0.31 for k = -2..4. */
const EXP_OF_MINUS_POWER = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242];

/** x * 2^exponent, kept within int32. */
function saturatingShiftLeft(x: number, exponent: number): number {
  return Math.min(ONE_Q0, Math.max(-(2 ** 31), x * 2 ** exponent));
}

/** exp(a) for a in [-1/4, 0), Q0.31 both: the Taylor series of degree 4 around -1/8. */
function expNearZero(a: number): number {
  const expOfMinusEighth = 1895147668;
  const third = 715827883;
  const x = a + 2 ** 28;
  const x2 = multiply(x, x);
  const x3 = multiply(x2, x);
  const x4 = multiply(x2, x2);
  const x3SixthsAndX4 = multiply(roundingDivideByPowerOfTwo(x4, 2) + x3, third);
  const fromDegreeTwo = roundingDivideByPowerOfTwo(x3SixthsAndX4 + x2, 1);
  return expOfMinusEighth + multiply(expOfMinusEighth, x + fromDegreeTwo);
}

/**
 * exp(a) in Q0.31 for a <= 0 given in Q(integerBits), integerBits up to 5. The part of a below 1/4 goes through the
 * series, every higher bit of -a multiplies by its own constant.
 */
export function expOnNegativeValues(a: number, integerBits: number): number {
  if (a === 0) return ONE_Q0;
  const fractionBits = 31 - integerBits;
  const quarter = 2 ** (fractionBits - 2);
  const belowQuarter = (a & (quarter - 1)) - quarter;
  let result = expNearZero(belowQuarter * 2 ** integerBits);
  const rest = belowQuarter - a;
  for (let power = -2; power < integerBits; power++) {
    if (rest & (1 << (fractionBits + power))) result = multiply(result, EXP_OF_MINUS_POWER[power + 2]);
  }
  return result;
}

/** 2 / (1 + a) in Q2.29 for a in [0, 1), Q0.31: three steps of Newton and Raphson on half the denominator. */
function twoOverOnePlus(a: number): number {
  const one = 2 ** 29;
  const fortyEightSeventeenths = 1515870810;
  const minusThirtyTwoSeventeenths = -1010580540;
  const halfDenominator = Math.floor((a + ONE_Q0 + 1) / 2);
  let x = fortyEightSeventeenths + multiply(halfDenominator, minusThirtyTwoSeventeenths);
  for (let step = 0; step < 3; step++) {
    const error = one - multiply(halfDenominator, x);
    x += saturatingShiftLeft(multiply(x, error), 2);
  }
  return x;
}

/** 1 / (1 + a) for a in [0, 1), Q0.31 both. Read as Q1.30, twice the result is halved. */
export const oneOverOnePlus = (a: number): number => saturatingShiftLeft(twoOverOnePlus(a), 1);

/** tanh(a) in Q0.31, a in Q(integerBits): (1 - e) / (1 + e) of e = exp(-2 |a|), with a's sign. */
export function tanh(a: number, integerBits: number): number {
  if (a === 0) return 0;
  const e = expOnNegativeValues(-Math.abs(a), integerBits + 1);
  // (1 - e) / (1 + e) = 2 / (1 + e) - 1
  const positive = saturatingShiftLeft(twoOverOnePlus(e) - 2 ** 29, 2);
  return a > 0 ? positive : -positive;
}

/** 1 / (1 + exp(-a)) in Q0.31, a in Q(integerBits). */
export function logistic(a: number, integerBits: number): number {
  if (a === 0) return 2 ** 30;
  const positive = oneOverOnePlus(expOnNegativeValues(-Math.abs(a), integerBits));
  return a > 0 ? positive : ONE_Q0 - positive;
}

/**
 * 1 / x for x > 0 in Q(integerBits): `scale` in Q0.31 with 1/x = scale * 2^-bitsOverUnit. x is normalised to [1, 2)
 * first, so scale lies between 1/2 (but for a few units) and 1.
 */
export function reciprocal(x: number, integerBits: number): { scale: number; bitsOverUnit: number } {
  const headroom = Math.clz32(x);
  return { scale: oneOverOnePlus(x * 2 ** headroom - 2 ** 31), bitsOverUnit: integerBits - headroom };
}

/**
 * 1 / sqrt(x) = multiplier * 2^(shift - 31) for an int32 x > 0, and 1 for x = 0; shift <= 0. x is brought to Q3.28 in [1/4, 1) by a
 * power of 4, then come five steps of Newton and Raphson from 1. GetInvSqrtQuantizedMultiplierExp of tflite-micro,
 * kernels/internal/common.h.
 */
export function inverseSquareRoot(x: number): { multiplier: number; shift: number } {
  if (x <= 1) return { multiplier: ONE_Q0, shift: 0 };
  const oneAndAHalf = 2 ** 28 + 2 ** 27;
  const halfOfRootTwo = 1518500250;
  let shift = -11;
  let input = x;
  for (; input >= 2 ** 29; shift--) input = Math.floor(input / 4);
  const pairs = Math.floor((Math.clz32(input) - 1) / 2) - 1;
  shift += pairs;
  const half = roundingDivideByPowerOfTwo(Math.floor((input * 4 ** pairs) / 2), 1);
  let root = 2 ** 28;
  for (let step = 0; step < 5; step++) {
    const cube = saturatingShiftLeft(multiply(multiply(root, root), root), 6);
    root = saturatingShiftLeft(multiply(oneAndAHalf, root) - multiply(half, cube), 3);
  }
  root = multiply(root, halfOfRootTwo);
  return shift > 0 ? { multiplier: root * 2 ** shift, shift: 0 } : { multiplier: root, shift };
}

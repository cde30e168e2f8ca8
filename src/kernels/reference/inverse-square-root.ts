/**
 * 1 / sqrt(n) of an integer n > 0 as a multiplier and a shift: five steps of Newton and Raphson in Q3.28.
 * Source: tflite-micro, kernels/internal/common.h, GetInvSqrtQuantizedMultiplierExp.
 */
import type { QuantizedMultiplier } from './fixedpoint.js';
import { saturatingRoundingDoublingHighMul as multiply, roundingDivideByPowerOfTwo } from './fixedpoint.js';

/** x * 2^exponent, kept within int32. */
const shiftLeft = (x: number, exponent: number) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x * 2 ** exponent));

/** sqrt(1/2) in Q0.31. */
const HALF_SQRT_2 = 1518500250;

/** n below 2^31. 1 / sqrt(n) = multiplier * 2^(shift - 31). */
export function inverseSquareRoot(n: number): QuantizedMultiplier {
  if (n <= 1) return { multiplier: 2 ** 31 - 1, shift: 0 };
  let right = 11;
  let scaled = n;
  for (; scaled >= 2 ** 29; right++) scaled = Math.floor(scaled / 4);
  const pairs = Math.floor((Math.clz32(scaled) - 1) / 2) - 1;
  right -= pairs;
  scaled *= 4 ** pairs;
  const input = scaled >> 1;
  const half = roundingDivideByPowerOfTwo(input, 1);
  const oneAndHalf = 2 ** 28 + 2 ** 27;
  // Products of Q3 are Q6, of three of them Q9: shifts bring them back to Q3.
  let x = 2 ** 28;
  for (let step = 0; step < 5; step++) {
    const cube = shiftLeft(multiply(multiply(x, x), x), 6);
    x = shiftLeft(multiply(oneAndHalf, x) - multiply(half, cube), 3);
  }
  const root = multiply(x, HALF_SQRT_2);
  return right < 0 ? { multiplier: root * 2 ** -right, shift: 0 } : { multiplier: root, shift: -right };
}

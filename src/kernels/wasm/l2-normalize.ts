// Each pixel's channels divided by their Euclidean norm: src/kernels/reference/l2-normalization.ts.
import * as L from '../../program/layout';
import { multiplyByQuantizedMultiplier } from './requantize';
import { endRow, firstRow, inputPixel, inputRow, outputRow, signed16, word16 } from './step';

/** The task's output rows. */
export function l2Normalize(): void {
  for (let y = firstRow(); y < endRow(); y++) {
    let from = inputRow(y);
    let to = outputRow(y);
    for (const end = from + word16(L.S_IN_WIDTH) * inputPixel(); from < end; from += inputPixel()) {
      normalize(from, to);
      to += word16(L.S_OUT_PIXEL_STRIDE);
    }
  }
}

function normalize(from: i32, to: i32): void {
  const zero = signed16(L.S_IN_ZERO_POINT);
  const end = from + inputPixel();
  let sum = 0;
  for (let at = from; at < end; at++) {
    const value = <i32>load<i8>(at) - zero;
    sum += value * value;
  }
  let shift = sum > 1 ? shiftOf(sum) : 0;
  let root = 0x7fffffff;
  if (sum > 1) {
    root = inverseRoot(shift < -11 ? sum >> (-22 - 2 * shift) : sum << (22 + 2 * shift));
    if (shift > 0) {
      root <<= shift;
      shift = 0;
    }
  }
  const unsigned = word16(L.S_FLAGS) & L.STEP_UNSIGNED_ROUNDING;
  for (; from < end; from++) {
    const value = <i32>load<i8>(from) - zero;
    // With a shift of 0 both ways of rounding are one.
    const scaled = unsigned
      ? divideByPowerOfTwo(multiplyByQuantizedMultiplier(value << 7, root, 0), -shift)
      : multiplyByQuantizedMultiplier(value, root, shift + 7);
    store<u8>(to++, max(-128, min(127, scaled)));
  }
}

/** That which brings sum * 4^(shift + 11) to 27 or 28 bits. */
function shiftOf(sum: i32): i32 {
  return ((clz(sum) - 1) >> 1) - 12;
}

/** 1 / sqrt(x / 2^29) / sqrt(2), Q3.28, for x of 27 or 28 bits: five steps of Newton and Raphson from 1. */
function inverseRoot(x: i32): i32 {
  const half = <i64>(((x >> 1) + 1) >> 1);
  let root: i64 = 1 << 28;
  for (let i = 0; i < 5; i++) {
    const cube = multiplyHigh(multiplyHigh(root, root), root) << 6;
    root = (multiplyHigh((1 << 28) + (1 << 27), root) - multiplyHigh(half, cube)) << 3;
  }
  return <i32>multiplyHigh(root, 1518500250);
}

/** a * b / 2^31, rounded. */
// @ts-ignore: decorator
@inline function multiplyHigh(a: i64, b: i64): i64 {
  return (a * b + (1 << 30)) >> 31;
}

/** Halves away from zero. */
function divideByPowerOfTwo(value: i32, bits: i32): i32 {
  return bits ? (value + (1 << (bits - 1)) + (value >> 31)) >> bits : value;
}

// Softmax over the channels of each pixel, in gemmlowp's fixed point. The exponentials depend on max - x alone, which is
// 0..255, so they come as a table from the blob: 256 i32 in Q0.31, zero where TFLite leaves the term out.
// src/kernels/reference/softmax.ts is the readable form.
import * as L from '../../program/layout';
import { endRow, firstRow, inputRow, outputRow, read, scratch, word16, word32 } from './step';

/** The task's output rows. The compiler has made the tensor one of a single row. */
export function softmax(): void {
  read(scratch(), word32(L.S_TABLE), 1024);
  row(inputRow(0), outputRow(0));
}

/** The task's output rows, each by itself. */
export function softmaxRows(): void {
  read(scratch(), word32(L.S_TABLE), 1024);
  for (let y = firstRow(); y < endRow(); y++) row(inputRow(y), outputRow(y));
}

/** Not a function of its own in the small module: where its pages of code end, ops of other kernels depend on. */
// @ts-ignore: decorator
@inline
function row(from: i32, to: i32): void {
  const last = from + word16(L.S_IN_WIDTH) * word16(L.S_IN_CHANNELS);
  do {
    const end = from + word16(L.S_IN_CHANNELS);
    let largest = -128;
    let at = from;
    do largest = max(largest, <i32>load<i8>(at));
    while (++at != end);
    const table = scratch() + (largest << 2);
    // Sum in Q12.19.
    let sum: i64 = 0;
    at = from;
    do sum += (exponential(table, at) + 2048) >> 12;
    while (++at != end);
    // sum = 2^(12 - headroom) * (1 + f), 0 <= f < 1
    const headroom = clz(sum) - 32;
    const scale = oneOverOnePlus((sum << headroom) - 0x80000000);
    const shift = 12 - headroom + 31 - 8;
    const half = (<i64>1) << (shift - 1);
    do {
      const value = ((multiplyHigh(scale, exponential(table, from)) + half) >> shift) - 128;
      store<u8>(to++, value > 127 ? 127 : value);
    } while (++from != end);
  } while (from != last);
}

/** `table` stands at the entry of the largest input. */
// @ts-ignore: decorator
@inline function exponential(table: i32, at: i32): i64 {
  return load<i32>(table - (<i32>load<i8>(at) << 2));
}

/** a * b of two Q0.31 numbers, rounded. */
// @ts-ignore: decorator
@inline function multiplyHigh(a: i64, b: i64): i64 {
  return (a * b + (1 << 30)) >> 31;
}

/**
 * 1 / (1 + f) for f in [0, 1), Q0.31, by three steps of Newton-Raphson from 48/17 - 32/17 d, d = (1 + f) / 2. Of gemmlowp's
 * saturations only the last can matter: the others' values stay within (-1, 2).
 */
// @ts-ignore: decorator
@inline function oneOverOnePlus(f: i64): i64 {
  // (f + 1) / 2, both Q0.31, rounded
  const half = (f + 0x80000000) >> 1;
  // Q2.29
  let x = 1515870810 + multiplyHigh(half, -1010580540);
  for (let i = 0; i < 3; i++) x += multiplyHigh(x, (1 << 29) - multiplyHigh(half, x)) << 2;
  // Q2.29 to Q0.31, halved: 1 / (2 d)
  x <<= 1;
  return x > 0x7fffffff ? 0x7fffffff : x;
}

// Softmax over the channels of each pixel, in gemmlowp's fixed point. The exponentials depend on max - x alone, which is
// 0..255, so they come as a table from the blob: 256 i32 in Q0.31, zero where TFLite leaves the term out.
// src/kernels/reference/softmax.ts is the readable form.
import * as L from '../../format/layout';
import { inputRow, outputRow, read, scratch, word16, word32 } from './step';

/** Output rows [first, first + rows). */
export function softmax(first: i32, rows: i32): void {
  const table = scratch();
  read(table, word32(L.S_TABLE), 1024);
  const channels = word16(L.S_IN_CHANNELS);
  for (let y = first; y < first + rows; y++) {
    let from = inputRow(y);
    let to = outputRow(y);
    for (let x = 0; x < word16(L.S_IN_WIDTH); x++, from += channels, to += channels) pixel(table, from, to, channels);
  }
}

function pixel(table: i32, from: i32, to: i32, channels: i32): void {
  let largest = -128;
  for (let i = 0; i < channels; i++) largest = max(largest, <i32>load<i8>(from + i));
  // Sum in Q12.19.
  let sum = 0;
  for (let i = 0; i < channels; i++) sum += roundingShift(exponential(table, largest, from + i), 12);
  // sum = 2^(12 - headroom) * (1 + f), 0 <= f < 1
  const headroom = clz(sum);
  const scale = oneOverOnePlus((sum << headroom) ^ 0x80000000);
  const shift = 12 - headroom + 31 - 8;
  for (let i = 0; i < channels; i++) {
    const product = multiplyHigh(scale, exponential(table, largest, from + i));
    store<u8>(to + i, min(127, roundingShift(product, shift) - 128));
  }
}

// @ts-ignore: decorator
@inline function exponential(table: i32, largest: i32, at: i32): i32 {
  return load<i32>(table + ((largest - <i32>load<i8>(at)) << 2));
}

/** a * b of two Q0.31 numbers, rounded. */
function multiplyHigh(a: i32, b: i32): i32 {
  return <i32>((<i64>a * <i64>b + (1 << 30)) >> 31);
}

/** value / 2^shift to nearest; value >= 0, shift in 1..62. */
function roundingShift(value: i32, shift: i32): i32 {
  return <i32>((<i64>value + (<i64>1 << (shift - 1))) >> shift);
}

/** 1 / (1 + f) for f in [0, 1), Q0.31, by three steps of Newton-Raphson from 48/17 - 32/17 d, d = (1 + f) / 2. */
function oneOverOnePlus(f: i32): i32 {
  // (f + 1) / 2, both Q0.31, rounded
  const half = <i32>((<i64>f + 0x7fffffff + 1) >> 1);
  // Q2.29
  let x = 1515870810 + multiplyHigh(half, -1010580540);
  for (let i = 0; i < 3; i++) {
    const error = (1 << 29) - multiplyHigh(half, x);
    x += saturatingShiftLeft2(multiplyHigh(x, error));
  }
  // Q2.29 to Q0.31, halved: 1 / (2 d)
  return saturatingShiftLeft1(x);
}

function saturatingShiftLeft2(value: i32): i32 {
  return saturate(<i64>value << 2);
}

function saturatingShiftLeft1(value: i32): i32 {
  return saturate(<i64>value << 1);
}

// @ts-ignore: decorator
@inline function saturate(value: i64): i32 {
  return value > 0x7fffffff ? 0x7fffffff : value < -0x80000000 ? -0x80000000 : <i32>value;
}

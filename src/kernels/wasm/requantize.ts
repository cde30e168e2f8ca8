// From a 32-bit accumulator to an int8, as TFLite does it: multiply by multiplier * 2^(shift - 31), round, add the zero
// point, clamp. Rounding is gemmlowp's, twice (to the product's upper half, then to the shift, half away from zero), or
// once (TFLITE_SINGLE_ROUNDING). src/kernels/reference/fixedpoint.ts is the readable form.
import * as L from '../../format/layout';
import { signed16, read, word16, word32 } from './step';

// A table in scratch holds, for n output channels, biases (i32), multipliers (i32) and shifts (i8), as in the blob,
// then one i64 per channel, the fast path's addend.
export const TABLE_BYTES_PER_CHANNEL = 4 + 4 + 4 + 8;

// @ts-ignore: decorator
@inline export function biases(table: i32): i32 { return table; }
// @ts-ignore: decorator
@inline export function multipliers(table: i32, n: i32): i32 { return table + 4 * n; }
// @ts-ignore: decorator
@inline export function shifts(table: i32, n: i32): i32 { return table + 8 * n; }
// @ts-ignore: decorator
@inline export function addends(table: i32, n: i32): i32 { return table + 12 * n; }

/** Copies the table of channels [channel, channel + n) from the blob. */
export function readTable(table: i32, channel: i32, n: i32): void {
  const offset = word32(L.S_TABLE);
  const channels = word16(L.S_OUT_CHANNELS);
  read(biases(table), offset + 4 * channel, 4 * n);
  read(multipliers(table, n), offset + 4 * (channels + channel), 4 * n);
  read(shifts(table, n), offset + 8 * channels + channel, n);
}

/**
 * Makes the fast path possible: y = (lane * multiplier + addend) >> shift, where lane = accumulator + laneOffset.
 * The addend holds the bias, the lane's offset, both roundings and the output zero point; shifts become total right
 * shifts (31 + s). It is exact where the lower clamp is the output zero point (ReLU): below zero, where rounding
 * half away from zero would differ, the clamp decides anyway. Needs s in 0..24 for every channel.
 */
export function prepareFast(table: i32, n: i32, laneOffset: i64): void {
  const single = load<i32>(L.STATE_FLAGS) & L.FLAG_SINGLE_ROUNDING;
  const zeroPoint = <i64>signed16(L.S_OUT_ZERO_POINT);
  const addend = addends(table, n);
  for (let i = 0; i < n; i++) {
    const shift = -<i32>load<i8>(shifts(table, n) + i);
    const total = <i64>(31 + shift);
    let k = (<i64>1 << (total - 1)) + (zeroPoint << total);
    if (shift > 0 && !single) k += 1 << 30;
    const multiplier = <i64>load<i32>(multipliers(table, n) + 4 * i);
    k += (<i64>load<i32>(biases(table) + 4 * i) - laneOffset) * multiplier;
    store<i64>(addend + 8 * i, k);
    store<u8>(shifts(table, n) + i, <i32>total);
  }
}

/** value * multiplier * 2^(shift - 31), rounded; shift positive is left. */
export function multiplyByQuantizedMultiplier(value: i32, multiplier: i32, shift: i32): i32 {
  if (load<i32>(L.STATE_FLAGS) & L.FLAG_SINGLE_ROUNDING) {
    const total = <i64>(31 - shift);
    return <i32>((<i64>value * <i64>multiplier + (<i64>1 << (total - 1))) >> total);
  }
  const left = shift > 0 ? shift : 0;
  const right = <i64>(shift > 0 ? 0 : -shift);
  const high = ((<i64>value << <i64>left) * <i64>multiplier + (1 << 30)) >> 31;
  if (right == 0) return <i32>high;
  // Half away from zero: below zero, a tie rounds down.
  return <i32>((high + (<i64>1 << (right - 1)) + (high >> 63)) >> right);
}

/** The general path for channel i of a table: accumulator without bias in, int8 out. */
export function requantize(accumulator: i32, table: i32, n: i32, i: i32): i32 {
  const value =
    multiplyByQuantizedMultiplier(
      accumulator + load<i32>(biases(table) + 4 * i),
      load<i32>(multipliers(table, n) + 4 * i),
      <i32>load<i8>(shifts(table, n) + i),
    ) + signed16(L.S_OUT_ZERO_POINT);
  return clamp(value);
}

// @ts-ignore: decorator
@inline export function clamp(value: i32): i32 {
  const low = signed16(L.S_CLAMP_LOW);
  const high = signed16(L.S_CLAMP_HIGH);
  return value < low ? low : value > high ? high : value;
}

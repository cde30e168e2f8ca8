// Requantisation in words of 32 bits, for machines that have no upper word of a product: the accumulator's upper bits times the
// multiplier's give the output and 24 bits of its fraction, too small by less than 2^18. Only where the fraction is so close to
// the next output that this may matter, one time in sixty, is it calculated in 64 bits.
//
//   u = accumulator, cut to 0..most          output - zero point = (u * multiplier + rounding) >> (31 + s)
//   p = (u >> k) * factor + addend           = that * 2^24, but for the error
//
// For steps on the fast path (../requantize.ts): right shifts s of 1..24, the lower clamp is the output zero point. With
// k = max(0, s - 8) and factor = multiplier >> (7 + s - k), u >> k stays below 2^17 and the factor, where k > 0, below 2^16;
// what both leave out adds up to less than 2^17 + 2^16 + 3.
import * as L from '../../../program/layout';
import { clamp, highRounding, isGeneral, multiplyByQuantizedMultiplier } from '../requantize';
import { read, signed16, word16, word32 } from '../step';

// Fields of a record, i32:
/** what sums begin with, */
export const START = 0;
/** an accumulator in the middle of those that the upper clamp takes: the output is that of all beyond, */
export const MOST = 4;
export const FACTOR = 8;
/** with the output zero point in the highest byte, */
export const ADDEND = 12;
/** k in the lower five bits, s above them, */
export const SHIFTS = 16;
/** and the multiplier itself. On the general path only START, SHIFTS, which is the table's shift, and this. */
const MULTIPLIER = 20;
export const SCALE_BYTES = 24;

/** Fractions from here on, in the upper 24 bits, may belong to the next output. */
const UNSURE: u32 = 0xfc000000;

/** Makes the records of n outputs from `channel` on; the table goes through 9 * n bytes at `raw`. */
export function loadScales(records: i32, raw: i32, channel: i32, n: i32): void {
  const channels = word16(L.S_OUT_CHANNELS);
  const table = word32(L.S_TABLE) + 4 * channel;
  read(raw, table, 4 * n);
  read(raw + 4 * n, table + 4 * channels, 4 * n);
  read(raw + 8 * n, table + 8 * channels - 3 * channel, n);
  const end = raw + 4 * n;
  let shifts = raw + 8 * n;
  do {
    scale(records, load<i32>(raw), load<i32>(raw + 4 * n), load<i8>(shifts++));
    records += SCALE_BYTES;
    raw += 4;
  } while (raw != end);
}

function scale(record: i32, bias: i32, multiplier: i32, shift: i32): void {
  store<i32>(record, bias, START);
  store<i32>(record, multiplier, MULTIPLIER);
  store<i32>(record, shift, SHIFTS);
  if (isGeneral()) return;
  const zero = signed16(L.S_OUT_ZERO_POINT);
  const s = -shift;
  const dropped = max(0, s - 8);
  // The clamps' distance times 2^22 over the multiplier's upper 16 bits: the accumulator there, over 2^(s - 6).
  const most = ((signed16(L.S_CLAMP_HIGH) - zero) << 22) / max(1, multiplier >> 15);
  store<i32>(record, s <= 6 ? most >> (6 - s) : s < 22 ? most << (s - 6) : 0x7fffffff, MOST);
  store<i32>(record, (s << 5) | dropped, SHIFTS);
  store<i32>(record, multiplier >> (7 + s - dropped), FACTOR);
  store<i32>(record, (1 << 23) + (<i32>highRounding() >> (7 + s)) + (zero << 24), ADDEND);
}

/** The output of an accumulator on the fast path. */
// @ts-ignore: decorator
@inline export function scaled(u: i32, most: i32, shifts: i32, factor: i32, addend: i32, record: i32): i32 {
  const value = estimate(u, most, shifts, factor, addend);
  return value < 0 ? exact(u, record) : value;
}

/** The requantised value by eight bits, or -1 where it is not sure. */
// @ts-ignore: decorator
@inline export function estimate(u: i32, most: i32, shifts: i32, factor: i32, addend: i32): i32 {
  if (u < 0) u = 0;
  if (u > most) u = most;
  const p = (u >>> shifts) * factor + addend;
  return <u32>(p << 8) >= UNSURE ? -1 : p >>> 24;
}

/** In 64 bits; called from firmware-glue/core/dw_mac16_pixels.h, too. */
export function exact(u: i32, record: i32): i32 {
  const s = load<i32>(record, SHIFTS) >> 5;
  const rounding = highRounding() + (<i64>1 << <i64>(30 + s));
  const value = (<i64>u * <i64>load<i32>(record, MULTIPLIER) + rounding) >> <i64>(31 + s);
  return clamp(<i32>value + signed16(L.S_OUT_ZERO_POINT));
}

/** The output of a sum that began with START, on the general path. */
export function scaledGeneral(sum: i32, record: i32): i32 {
  const value = multiplyByQuantizedMultiplier(sum, load<i32>(record, MULTIPLIER), load<i32>(record, SHIFTS));
  return clamp(value + signed16(L.S_OUT_ZERO_POINT));
}

// Requantisation in words of 32 bits: one output at a time, clamped when it has been scaled, as a product's upper word is at
// hand for nothing.
import * as L from '../../../program/layout';
import { LANE_OFFSET } from '../lanes';
import { highRounding, isGeneral, RECORD_BYTES, RECORD_MULTIPLIER, RECORD_SHIFT, readTable } from '../requantize';
import { signed16 } from '../step';

/** Start of the sums: the records' addend takes it out again. */
export const START = <i32>LANE_OFFSET;

/**
 * Records as loadRecords() of ../requantize.ts makes them, but those of the fast path
 *
 *     addend i64              multiplier i32, total right shift i32
 *
 * in two columns, for output = (sum * multiplier + addend) >> shift. The addend holds the bias, what sums start from, both
 * roundings and the output zero point. With right shifts of 1..24 and biases up to 2^29 all of it is below 2^63.
 */
export function loadRecords(records: i32, raw: i32, channel: i32): i32 {
  const n = readTable(raw, channel);
  const end = raw + 4 * n;
  let shifts = raw + 8 * n;
  const general = isGeneral();
  const twice = highRounding();
  // Twice the output zero point and a half.
  const half = <i64>(2 * signed16(L.S_OUT_ZERO_POINT) + 1);
  do {
    let shift: i64 = load<i8>(shifts++);
    let addend: i64 = load<i32>(raw);
    const multiplier: i64 = load<i32>(raw + 4 * n);
    if (!general) {
      addend = (addend - START) * multiplier + twice + (half << (30 - shift));
      shift = 31 - shift;
    }
    store<i64>(records, addend);
    store<i64>(records, (shift << 32) | multiplier, RECORD_MULTIPLIER);
    records += RECORD_BYTES;
    raw += 4;
  } while (raw != end);
  return n;
}

/** shift: that of the record less 32, so that only the sum's upper word is shifted. */
// @ts-ignore: decorator
@inline export function fast(sum: i32, multiplier: i64, addend: i64, shift: i32, low: i32, high: i32): i32 {
  let v = <i32>((<i64>sum * multiplier + addend) >> 32) >> shift;
  if (v > high) v = high;
  if (v < low) v = low;
  return v;
}

/** Stores the bytes of one output of three pixels. */
// @ts-ignore: decorator
@inline export function requantizeThree(t: i32, u: i32, v: i32, a: i32, b: i32, c: i32, record: i32, low: i32, high: i32): void {
  const addend = load<i64>(record);
  const multiplier: i64 = load<i32>(record, RECORD_MULTIPLIER);
  const shift = load<i32>(record, RECORD_SHIFT) - 32;
  store<u8>(t, fast(a, multiplier, addend, shift, low, high));
  store<u8>(u, fast(b, multiplier, addend, shift, low, high));
  store<u8>(v, fast(c, multiplier, addend, shift, low, high));
}

/** Requantises two pixels. */
// @ts-ignore: decorator
@inline export function requantizePair(u: i32, v: i32, a: i32, b: i32, record: i32, low: i32, high: i32): void {
  const addend = load<i64>(record);
  const multiplier: i64 = load<i32>(record, RECORD_MULTIPLIER);
  const shift = load<i32>(record, RECORD_SHIFT) - 32;
  store<u8>(u, fast(a, multiplier, addend, shift, low, high));
  store<u8>(v, fast(b, multiplier, addend, shift, low, high));
}

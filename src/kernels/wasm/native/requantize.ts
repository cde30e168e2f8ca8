// The fast path of ../requantize.ts in words of 32 bits: the sum's upper word is shifted, which is one instruction.
import { LANE_OFFSET } from '../lanes';
import { RECORD_MULTIPLIER, RECORD_SHIFT } from '../requantize';

/** What sums start from: the records' addend takes it out again. */
export const START = <i32>LANE_OFFSET;

/** shift: that of the record less 32. */
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

/** The same of two pixels. */
// @ts-ignore: decorator
@inline export function requantizePair(u: i32, v: i32, a: i32, b: i32, record: i32, low: i32, high: i32): void {
  const addend = load<i64>(record);
  const multiplier: i64 = load<i32>(record, RECORD_MULTIPLIER);
  const shift = load<i32>(record, RECORD_SHIFT) - 32;
  store<u8>(u, fast(a, multiplier, addend, shift, low, high));
  store<u8>(v, fast(b, multiplier, addend, shift, low, high));
}

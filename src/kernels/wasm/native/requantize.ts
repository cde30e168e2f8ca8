// The fast path of ../requantize.ts in words of 32 bits: the sum's upper word is shifted, which is one instruction.
import * as L from '../../../format/layout';
import { LANE_OFFSET } from '../lanes';

/** What sums start from: the records' addend takes it out again. */
export const START = <i32>LANE_OFFSET;

/** shift: that of the record less 32. */
// @ts-ignore: decorator
@inline export function fast(sum: i32, multiplier: i64, addend: i64, shift: i32, low: i32, high: i32): i32 {
  let v = <i32>((<i64>sum * multiplier + addend) >> 32) >> shift;
  v = v > high ? high : v;
  return v < low ? low : v;
}

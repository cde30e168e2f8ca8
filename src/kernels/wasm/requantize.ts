// From a 32-bit accumulator to an int8, as TFLite does it: multiply by multiplier * 2^(shift - 31), round, add the zero
// point, clamp. Rounding is gemmlowp's, twice (to the product's upper half, then to the shift, half away from zero), or
// once (TFLITE_SINGLE_ROUNDING). src/kernels/reference/fixedpoint.ts is the readable form.
import * as L from '../../format/layout';
import { LANE_OFFSET } from './lanes';
import { read, signed16, word16, word32 } from './step';

// A record per output channel in scratch, in two columns (SCRATCH_COLUMN) of eight bytes:
//   fast path     addend i64              multiplier i32, total right shift i32
//   general path  bias i32, nothing       multiplier i32, shift i32 (positive is left)
export const RECORD_BYTES = 8;
export const RECORD_MULTIPLIER = L.SCRATCH_COLUMN;
export const RECORD_SHIFT = L.SCRATCH_COLUMN + 4;

/** Whether the fast path is not exact for this step, or its kernel does not use it. */
// @ts-ignore: decorator
@inline export function isGeneral(): i32 { return word16(L.S_FLAGS) & L.STEP_GENERAL_REQUANTIZE; }

/**
 * Makes the records of the next S_OUT_CHUNK channels from `channel` on, or of those that are left, from the blob's table
 * (all biases, i32, all multipliers, i32, all shifts, i8), which goes through 9 bytes a channel at `raw`. Returns their number.
 *
 * The fast path is y = (lane * multiplier + addend) >> shift, where lane = accumulator + LANE_OFFSET. The addend holds the
 * bias, the lane's offset, both roundings and the output zero point. It is exact where the lower clamp is the output
 * zero point (ReLU): below zero, where rounding half away from zero would differ, the clamp decides anyway.
 * It needs right shifts of 1..24 and biases up to 2^29: then |addend| < 257 * 2^54 + (2^29 + 2^20) * 2^31 and |lane *
 * multiplier| < 2^52, together below 2^63 (src/compile/requantize-table.ts sees to both).
 */
export function loadRecords(records: i32, raw: i32, channel: i32): i32 {
  const channels = word16(L.S_OUT_CHANNELS);
  const n = min(word16(L.S_OUT_CHUNK), channels - channel);
  const end = raw + 4 * n;
  const table = word32(L.S_TABLE) + 4 * channel;
  read(raw, table, 4 * n);
  read(end, table + 4 * channels, 4 * n);
  let shifts = end + 4 * n;
  read(shifts, word32(L.S_TABLE) + 8 * channels + channel, n);
  const general = isGeneral();
  // Twice the output zero point and a half.
  const half = <i64>(2 * signed16(L.S_OUT_ZERO_POINT) + 1);
  const twice = load<i32>(L.STATE_FLAGS) & L.FLAG_SINGLE_ROUNDING ? 0 : <i64>1 << 30;
  do {
    let shift: i64 = load<i8>(shifts++);
    let addend: i64 = load<i32>(raw);
    const multiplier: i64 = load<i32>(raw + 4 * n);
    if (!general) {
      addend = (addend - LANE_OFFSET) * multiplier + twice + (half << (30 - shift));
      shift = 31 - shift;
    }
    store<i64>(records, addend);
    store<i64>(records, (shift << 32) | multiplier, RECORD_MULTIPLIER);
    records += RECORD_BYTES;
    raw += 4;
  } while (raw != end);
  return n;
}

/** Fast path. */
// @ts-ignore: decorator
@inline export function fast(lane: i64, multiplier: i64, addend: i64, shift: i64, low: i64, high: i64): i64 {
  let v = (lane * multiplier + addend) >> shift;
  v = v > high ? high : v;
  return v < low ? low : v;
}

/** General path: accumulator without bias in, int8 out. */
export function requantize(accumulator: i32, record: i32): i32 {
  const sum = accumulator + load<i32>(record);
  const scaled = multiplyByQuantizedMultiplier(sum, load<i32>(record, RECORD_MULTIPLIER), load<i32>(record, RECORD_SHIFT));
  return clamp(scaled + signed16(L.S_OUT_ZERO_POINT));
}

/** value * multiplier * 2^(shift - 31), rounded; shift positive is left. */
export function multiplyByQuantizedMultiplier(value: i32, multiplier: i32, shift: i32): i32 {
  if (load<i32>(L.STATE_FLAGS) & L.FLAG_SINGLE_ROUNDING) {
    const total = <i64>(31 - shift);
    return <i32>((<i64>value * <i64>multiplier + (<i64>1 << (total - 1))) >> total);
  }
  const left = shift > 0 ? shift : 0;
  const right = <i64>(left - shift);
  // The shifted value wraps to 32 bits, as it does in C.
  const high = (<i64>(value << left) * <i64>multiplier + (1 << 30)) >> 31;
  if (right == 0) return <i32>high;
  // Half away from zero: below zero, a tie rounds down.
  return <i32>((high + (<i64>1 << (right - 1)) + (high >> 63)) >> right);
}

export function clamp(value: i32): i32 {
  const high = signed16(L.S_CLAMP_HIGH);
  const low = signed16(L.S_CLAMP_LOW);
  value = value > high ? high : value;
  return value < low ? low : value;
}

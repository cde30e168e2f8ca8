// From a 32-bit accumulator to an int8, as TFLite does it: multiply by multiplier * 2^(shift - 31), round, add the zero
// point, clamp. Rounding is gemmlowp's, twice (to the product's upper half, then to the shift, half away from zero), or
// once (TFLITE_SINGLE_ROUNDING). src/kernels/reference/fixedpoint.ts is the readable form.
import * as L from '../../program/layout';
import { LANE_OFFSET, LANE_OFFSETS, ONES } from './lanes';
import { read, signed16, word16, word32 } from './step';

// A record per output channel in scratch, in columns (SCRATCH_COLUMN) of eight bytes:
//   fast path     start i64               multiplier i32, range << 6 | left shift i32      addend i64
//   general path  bias i32, nothing       multiplier i32, shift i32 (positive is left)
export const RECORD_BYTES = 8;
export const RECORD_MULTIPLIER = L.SCRATCH_COLUMN;
export const RECORD_SHIFT = L.SCRATCH_COLUMN + 4;
export const RECORD_ADDEND = 2 * L.SCRATCH_COLUMN;

/** Whether the fast path is not exact for this step, or its kernel does not use it. */
// @ts-ignore: decorator
@inline export function isGeneral(): i32 { return word16(L.S_FLAGS) & L.STEP_GENERAL_REQUANTIZE; }

/**
 * Reads the next S_OUT_CHUNK channels from `channel` on, or those that are left, of the blob's table: biases, i32,
 * multipliers, i32, shifts, i8. Returns their number.
 */
export function readTable(raw: i32, channel: i32): i32 {
  const channels = word16(L.S_OUT_CHANNELS);
  const n = min(word16(L.S_OUT_CHUNK), channels - channel);
  const table = word32(L.S_TABLE) + 4 * channel;
  read(raw, table, 4 * n);
  read(raw + 4 * n, table + 4 * channels, 4 * n);
  read(raw + 8 * n, table + 8 * channels - 3 * channel, n);
  return n;
}

/** A start beyond this is left to the addend. */
const MOST_START: i64 = 1 << 19;

/**
 * Makes the records of the channels of readTable(), whose part of the table goes through 9 bytes a channel at `raw`.
 * Returns their number.
 *
 * The fast path is for steps whose lower clamp is the output zero point (ReLU). Their outputs grow from one clamp to the other
 * while accumulator + bias grows from 0 to `top`, so the clamps can be applied to that, and to three lanes at once.
 * Lanes start at their bias. Of one so large that they might not hold it all, `over` is left out; such a channel never
 * gets down to the lower clamp. With left = range - (lane - LANE_OFFSET), cut to 0..range,
 *
 *     output = (addend - left * (multiplier << shift)) >> 56
 *
 * where the addend holds the whole range's output with both roundings and the zero point. An output is the highest byte of
 * 64 bits: what goes over them does not matter. Rounding half away from zero and half up differ below zero only, where the
 * clamp decides. Right shifts of 1..24 make outputs of neighbouring accumulators differ by one at most, so that the upper
 * clamp is met exactly, and keep every number here below 2^63. src/lower/requantize-table.ts sees to all of it.
 */
export function loadRecords(records: i32, raw: i32, channel: i32): i32 {
  const n = readTable(raw, channel);
  const column = 4 * n;
  const end = raw + column;
  let shifts = end + column;
  const general = isGeneral();
  const twice = highRounding(), half = zeroPointAndHalf();
  // Twice the largest output over the zero point, less one: where it begins, half a step below.
  const steps = <i64>(2 * (signed16(L.S_CLAMP_HIGH) - signed16(L.S_OUT_ZERO_POINT)) - 1);
  do {
    let shift: i64 = load<i8>(shifts);
    let start: i64 = load<i32>(raw);
    const multiplier: i64 = load<i32>(raw + column);
    if (!general) {
      const over = max<i64>(0, start - MOST_START);
      start = (start - over) * ONES + LANE_OFFSETS;
      const top = ((steps << (30 - shift)) - twice + multiplier - 1) / multiplier;
      const range = min(top - over, LANE_OFFSET - 1);
      shift += 25;
      store<i64>(records, (((range + over) * multiplier + twice) << shift) + half, RECORD_ADDEND);
      shift |= range << 6;
    }
    store<i64>(records, start);
    store<i32>(records, <i32>multiplier, RECORD_MULTIPLIER);
    store<i32>(records, <i32>shift, RECORD_SHIFT);
    records += RECORD_BYTES;
    shifts++;
    raw += 4;
  } while (raw != end);
  return n;
}

/** Addend of the first of two roundings of a product. */
export function highRounding(): i64 {
  return load<i32>(L.STATE_FLAGS) & L.FLAG_SINGLE_ROUNDING ? 0 : 1 << 30;
}

/** The output zero point and a half, shifted to the highest byte. */
// @ts-ignore: decorator
@inline export function zeroPointAndHalf(): i64 { return <i64>(2 * signed16(L.S_OUT_ZERO_POINT) + 1) << 55; }

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

// Sums, greatest or least values, or their places, over any of height, width and channels: src/kernels/reference/reduce.ts.
import * as L from '../../program/layout';
import { clamp, multiplyByQuantizedMultiplier } from './requantize';
import { endRow, firstRow, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

/** The task's output rows. Table of sums: multiplier and shift, i32 each. */
export function reduce(): void {
  const extreme = word16(L.S_FLAGS) & (L.STEP_GREATEST | L.STEP_LEAST);
  if (!extreme) read(scratch(), word32(L.S_TABLE), 8);
  const channels = word16(L.S_IN_CHANNELS);
  const bytes = word16(L.S_RESULT_BYTES);
  const rows = word16(L.S_OUT_HEIGHT) == word16(L.S_IN_HEIGHT) ? 1 : word16(L.S_IN_HEIGHT);
  const columns = word16(L.S_OUT_WIDTH) == word16(L.S_IN_WIDTH) ? 1 : word16(L.S_IN_WIDTH);
  const depth = word16(L.S_OUT_CHANNELS) == channels * bytes ? 1 : channels;
  // Values of a row that meet in one result are at equal distances.
  const distance = depth == 1 ? channels : 1;
  const length = columns * depth * distance;
  for (let y = firstRow(); y < endRow(); y++) {
    for (let x = 0; x < word16(L.S_OUT_WIDTH); x++) {
      let to = outputRow(y) + x * word16(L.S_OUT_PIXEL_STRIDE);
      const from = columns == 1 ? x * channels : 0;
      for (let c = 0; c < channels; c += depth) {
        let result = extreme
          ? most(y, rows, from + c, length, distance)
          : total(y, rows, from + c, length, distance, columns * depth);
        for (const end = to + bytes; to < end; to++) {
          store<u8>(to, result);
          result >>= 8;
        }
      }
    }
  }
}

/** The rescaled sum of what stands `distance` bytes apart in [from, from + length) of `rows` rows, or of row y alone. */
function total(y: i32, rows: i32, from: i32, length: i32, distance: i32, count: i32): i32 {
  let sum = -rows * count * signed16(L.S_IN_ZERO_POINT);
  if (rows > 1) y = 0;
  for (const end = y + rows; y < end; y++) {
    let at = inputRow(y) + from;
    for (const last = at + length; at < last; at += distance) sum += <i32>load<i8>(at);
  }
  const table = scratch();
  return clamp(multiplyByQuantizedMultiplier(sum, load<i32>(table), load<i32>(table, 4)) + signed16(L.S_OUT_ZERO_POINT));
}

/** The greatest or the least of the values, or its number. */
function most(y: i32, rows: i32, from: i32, length: i32, distance: i32): i32 {
  const sign = word16(L.S_FLAGS) & L.STEP_LEAST ? -1 : 1;
  let best = -129;
  let index = 0;
  let i = 0;
  if (rows > 1) y = 0;
  for (const end = y + rows; y < end; y++) {
    let at = inputRow(y) + from;
    for (const last = at + length; at < last; at += distance) {
      const value = sign * <i32>load<i8>(at);
      if (value > best) {
        best = value;
        index = i;
      }
      i++;
    }
  }
  return word16(L.S_RESULT_BYTES) == 1 ? best * sign : index;
}

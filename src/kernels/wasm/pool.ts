// Pooling over a window, padding left out, and the mean over all of height and width.
import * as L from '../../format/layout';
import { clamp, multiplyByQuantizedMultiplier } from './requantize';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

/** The task's output rows of AVERAGE_POOL or MAX_POOL. */
export function pool(): void {
  let y = firstRow();
  do {
    const top = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
    let to = outputRow(y);
    let x = 0;
    do {
      const left = x * word16(L.S_STRIDE_W) - word16(L.S_PAD_LEFT);
      let channel = 0;
      do store<u8>(to + channel, clamp(value(top, left, channel)));
      while (++channel != word16(L.S_OUT_CHANNELS));
      to += word16(L.S_OUT_PIXEL_STRIDE);
    } while (++x != word16(L.S_OUT_WIDTH));
  } while (++y != endRow());
}

/** A channel of the output pixel whose window begins at (top, left). */
function value(top: i32, left: i32, channel: i32): i32 {
  // Unsigned rounding: the mean of value + 128, which is never negative.
  const offset = word16(L.S_FLAGS) & L.STEP_UNSIGNED_ROUNDING ? 128 : 0;
  let sum = 0;
  let count = 0;
  let largest = -128;
  for (const bottom = top + word16(L.S_KERNEL_H); top != bottom; top++) {
    if (<u32>top >= <u32>word16(L.S_IN_HEIGHT)) continue;
    const row = inputRow(top) + channel;
    for (let x = left; x < left + word16(L.S_KERNEL_W); x++) {
      if (<u32>x >= <u32>word16(L.S_IN_WIDTH)) continue;
      const input: i32 = load<i8>(row + x * inputPixel());
      largest = max(largest, input);
      sum += input + offset;
      count++;
    }
  }
  if (word32(L.S_KIND) == L.KIND_MAX_POOL) return largest;
  // Half away from zero, by C's truncating division.
  return (sum + (sum > 0 ? count >> 1 : -(count >> 1))) / count - offset;
}

/** MEAN over height and width. Table: multiplier, shift of input scale / (output scale * count), i32 each. */
export function mean(): void {
  const table = scratch();
  read(table, word32(L.S_TABLE), 8);
  const width = word16(L.S_IN_WIDTH);
  const height = word16(L.S_IN_HEIGHT);
  const output = outputRow(0);
  for (let c = 0; c < word16(L.S_OUT_CHANNELS); c++) {
    let sum = 0;
    for (let y = 0; y < height; y++) {
      let at = inputRow(y) + c;
      for (const end = at + width * inputPixel(); at != end; at += inputPixel()) sum += <i32>load<i8>(at);
    }
    sum -= width * height * signed16(L.S_IN_ZERO_POINT);
    const value = multiplyByQuantizedMultiplier(sum, load<i32>(table), load<i32>(table, 4)) + signed16(L.S_OUT_ZERO_POINT);
    store<u8>(output + c, clamp(value));
  }
}

// Pooling over a window, padding left out, and the mean over all of height and width.
import * as L from '../../program/layout';
import { clamp, multiplyByQuantizedMultiplier } from './requantize';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

/** The task's output rows of AVERAGE_POOL or MAX_POOL. */
export function pool(): void {
  const most = word32(L.S_KIND) == L.KIND_MAX_POOL;
  let y = firstRow();
  do {
    const top = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
    let to = outputRow(y);
    let x = 0;
    do {
      const left = x * word16(L.S_STRIDE_W) - word16(L.S_PAD_LEFT);
      let channel = 0;
      do store<u8>(to + channel, clamp(most ? largest(top, left, channel) : average(top, left, channel)));
      while (++channel != word16(L.S_OUT_CHANNELS));
      to += word16(L.S_OUT_PIXEL_STRIDE);
    } while (++x != word16(L.S_OUT_WIDTH));
  } while (++y != endRow());
}

/** Mean of a channel under the window from (top, left) on. */
function average(top: i32, left: i32, channel: i32): i32 {
  const pixel = inputPixel();
  const bottom = min(word16(L.S_IN_HEIGHT), top + word16(L.S_KERNEL_H));
  const right = min(word16(L.S_IN_WIDTH), left + word16(L.S_KERNEL_W));
  top = max(0, top);
  left = max(0, left);
  const count = (bottom - top) * (right - left);
  let sum = 0;
  do {
    let at = inputRow(top) + left * pixel + channel;
    const end = at + (right - left) * pixel;
    do {
      sum += <i32>load<i8>(at);
      at += pixel;
    } while (at != end);
  } while (++top != bottom);
  // Half away from zero, by C's truncating division; with unsigned rounding, of the mean of value + 128.
  const offset = word16(L.S_FLAGS) & L.STEP_UNSIGNED_ROUNDING ? 128 : 0;
  sum += count * offset;
  return (sum + (sum > 0 ? count >> 1 : -(count >> 1))) / count - offset;
}

/** The largest value of a channel under the window from (top, left) on. */
function largest(top: i32, left: i32, channel: i32): i32 {
  let value = -128;
  for (const bottom = top + word16(L.S_KERNEL_H); top != bottom; top++) {
    if (<u32>top >= <u32>word16(L.S_IN_HEIGHT)) continue;
    const row = inputRow(top) + channel;
    for (let x = left; x < left + word16(L.S_KERNEL_W); x++) {
      if (<u32>x < <u32>word16(L.S_IN_WIDTH)) value = max(value, <i32>load<i8>(row + x * inputPixel()));
    }
  }
  return value;
}

/** The mean over height and width. Table: multiplier, shift of input scale / (output scale * count), i32 each. */
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

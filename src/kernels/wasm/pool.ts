// Pooling over a window, padding left out, and the mean over all of height and width.
import * as L from '../../format/layout';
import { clamp, multiplyByQuantizedMultiplier } from './requantize';
import { signed16, inputPixel, inputRow, outputRow, read, scratch, word16, word32 } from './step';

/** Output rows [first, first + rows) of AVERAGE_POOL or MAX_POOL. */
export function pool(first: i32, rows: i32, average: bool): void {
  const width = word16(L.S_OUT_WIDTH);
  const channels = word16(L.S_OUT_CHANNELS);
  const pixel = inputPixel();
  // Unsigned rounding: the mean of value + 128, which is never negative.
  const offset = word16(L.S_FLAGS) & L.STEP_UNSIGNED_ROUNDING ? 128 : 0;
  for (let y = first; y < first + rows; y++) {
    const top = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
    const y0 = max(0, top);
    const y1 = min(word16(L.S_IN_HEIGHT), top + word16(L.S_KERNEL_H));
    for (let x = 0; x < width; x++) {
      const left = x * word16(L.S_STRIDE_W) - word16(L.S_PAD_LEFT);
      const x0 = max(0, left);
      const x1 = min(word16(L.S_IN_WIDTH), left + word16(L.S_KERNEL_W));
      const count = (y1 - y0) * (x1 - x0);
      const output = outputRow(y) + x * word16(L.S_OUT_PIXEL_STRIDE);
      for (let c = 0; c < channels; c++) {
        let value = average ? count * offset : -128;
        for (let yy = y0; yy < y1; yy++) {
          let at = inputRow(yy) + x0 * pixel + c;
          const end = at + (x1 - x0) * pixel;
          if (average) for (; at < end; at += pixel) value += <i32>load<i8>(at);
          else for (; at < end; at += pixel) value = max(value, <i32>load<i8>(at));
        }
        // Half away from zero, by C's truncating division.
        if (average) value = (value > 0 ? value + count / 2 : value - count / 2) / count - offset;
        store<u8>(output + c, clamp(value));
      }
    }
  }
}

/** MEAN over height and width. Table: multiplier, shift of input scale / (output scale * count), i32 each. */
export function mean(): void {
  const table = scratch();
  read(table, word32(L.S_TABLE), 8);
  const width = word16(L.S_IN_WIDTH);
  const height = word16(L.S_IN_HEIGHT);
  const pixel = inputPixel();
  const output = outputRow(0);
  for (let c = 0; c < word16(L.S_OUT_CHANNELS); c++) {
    let sum = 0;
    for (let y = 0; y < height; y++) {
      let at = inputRow(y) + c;
      const end = at + width * pixel;
      for (; at < end; at += pixel) sum += <i32>load<i8>(at);
    }
    sum -= width * height * signed16(L.S_IN_ZERO_POINT);
    const value = multiplyByQuantizedMultiplier(sum, load<i32>(table), load<i32>(table, 4)) + signed16(L.S_OUT_ZERO_POINT);
    store<u8>(output + c, clamp(value));
  }
}

/** Pooling over a window, padding left out, and the mean over all of height and width. */
import {
  KIND_MAX_POOL,
  S_FLAGS,
  S_IN_CHANNELS,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_KERNEL_H,
  S_KERNEL_W,
  S_KIND,
  S_OUT_CHANNELS,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_OUT_ZERO_POINT,
  S_PAD_LEFT,
  S_PAD_TOP,
  S_STRIDE_H,
  S_STRIDE_W,
  S_TABLE,
  STEP_UNSIGNED_ROUNDING,
} from '../../program/layout.js';
import { word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { max, min } from '../powers.js';
import { clamp, rescale } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/**
 * Averages and maxima of windows, and the mean over height and width, which alone has a table: multiplier and shift of
 * input scale / (output scale * count), i32 each. An average rounds half away from zero; a legacy uint8 model rounds value + 128, which
 * is positive.
 */
export function pool(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const table = s[S_TABLE / 2];
  // Without a table these are of the file's header, and not used.
  const multiplier = word(m, table);
  const shift = word(m, table + 4);
  const most = FULL && s[S_KIND / 2] === KIND_MAX_POOL;
  const kernelH = s[S_KERNEL_H / 2];
  const kernelW = s[S_KERNEL_W / 2];
  const offset = table ? -s[S_IN_ZERO_POINT / 2] : FULL && s[S_FLAGS / 2] & STEP_UNSIGNED_ROUNDING ? 128 : 0;
  const pixel = s[S_IN_CHANNELS / 2];
  for (let y = first; y < first + rows; y++) {
    let to = outputRow(m, y);
    for (let x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
      const left = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2];
      const from = max(left, 0);
      const columns = min(left + kernelW, s[S_IN_WIDTH / 2]) - from;
      for (let c = 0; c < s[S_OUT_CHANNELS / 2]; c++) {
        let value = most ? -128 : 0;
        let count = 0;
        for (let ky = 0; ky < kernelH; ky++) {
          let at = inputRow(m, y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2] + ky);
          if (at >= 0) {
            count += columns;
            at += from * pixel + c;
            for (const end = at + columns * pixel; at < end; at += pixel) {
              if (!most) value += a[at];
              else if (a[at] > value) value = a[at];
            }
          }
        }
        if (!most) {
          value += count * offset;
          value = table
            ? rescale(m, value, multiplier, shift) + s[S_OUT_ZERO_POINT / 2]
            : (((value + (value > 0 ? count : -count) / 2) / count) | 0) - offset;
        }
        a[to + c] = clamp(s, value);
      }
      to += s[S_OUT_PIXEL_STRIDE / 2];
    }
  }
}

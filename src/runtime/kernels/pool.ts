/** Pooling over a window, padding left out, and the mean over all of height and width. */
import {
  S_FLAGS,
  S_IN_CHANNELS,
  S_IN_HEIGHT,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_KERNEL_H,
  S_KERNEL_W,
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
} from '../../format/layout.js';
import { word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { clamp, rescale } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** AVERAGE_POOL. Rounds half away from zero; a legacy uint8 model rounds value + 128, which is positive. */
export function averagePool(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const offset = s[S_FLAGS / 2] & STEP_UNSIGNED_ROUNDING ? 128 : 0;
  for (let y = first; y < first + rows; y++) {
    for (let x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
      for (let c = 0; c < s[S_OUT_CHANNELS / 2]; c++) {
        let value = 0;
        let count = 0;
        for (let ky = 0; ky < s[S_KERNEL_H / 2]; ky++) {
          const row = inputRow(m, y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2] + ky);
          let column = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2];
          for (const end = column + s[S_KERNEL_W / 2]; column < end; column++) {
            if (row >= 0 && column >= 0 && column < s[S_IN_WIDTH / 2]) {
              value += a[row + column * s[S_IN_CHANNELS / 2] + c] + offset;
              count++;
            }
          }
        }
        value = ((value + (value > 0 ? count : -count) / 2) / count) | 0;
        a[outputRow(m, y) + x * s[S_OUT_PIXEL_STRIDE / 2] + c] = clamp(s, value - offset);
      }
    }
  }
}

export function maxPool(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  for (let y = first; y < first + rows; y++) {
    for (let x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
      for (let c = 0; c < s[S_OUT_CHANNELS / 2]; c++) {
        let value = -128;
        for (let ky = 0; ky < s[S_KERNEL_H / 2]; ky++) {
          const row = inputRow(m, y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2] + ky);
          if (row < 0) continue;
          let column = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2];
          for (const end = column + s[S_KERNEL_W / 2]; column < end; column++) {
            if (column < 0 || column >= s[S_IN_WIDTH / 2]) continue;
            const at = row + column * s[S_IN_CHANNELS / 2] + c;
            if (a[at] > value) value = a[at];
          }
        }
        a[outputRow(m, y) + x * s[S_OUT_PIXEL_STRIDE / 2] + c] = clamp(s, value);
      }
    }
  }
}

/** MEAN over height and width. Table: multiplier and shift of input scale / (output scale * count), i32 each. */
export function mean(m: Machine): void {
  const a = m._arena;
  const s = m._step;
  const multiplier = word(m, s[S_TABLE / 2]);
  const shift = word(m, s[S_TABLE / 2] + 4);
  const pixel = s[S_IN_CHANNELS / 2];
  const width = s[S_IN_WIDTH / 2];
  const height = s[S_IN_HEIGHT / 2];
  const out = outputRow(m, 0);
  for (let c = 0; c < s[S_OUT_CHANNELS / 2]; c++) {
    let sum = -width * height * s[S_IN_ZERO_POINT / 2];
    for (let y = 0; y < height; y++) {
      let at = inputRow(m, y) + c;
      for (const end = at + width * pixel; at < end; at += pixel) sum += a[at];
    }
    a[out + c] = clamp(s, rescale(m, sum, multiplier, shift) + s[S_OUT_ZERO_POINT / 2]);
  }
}

/** Sums, greatest or least values, or their places, over any of height, width and channels: src/kernels/reference/reduce.ts. */
import {
  S_FLAGS,
  S_IN_CHANNELS,
  S_IN_HEIGHT,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_OUT_CHANNELS,
  S_OUT_HEIGHT,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_OUT_ZERO_POINT,
  S_RESULT_BYTES,
  S_TABLE,
  STEP_GREATEST,
  STEP_LEAST,
} from '../../program/layout.js';
import { word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { clamp, rescale } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

export function reduce(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const sign = s[S_FLAGS / 2] & STEP_LEAST ? -1 : s[S_FLAGS / 2] & STEP_GREATEST;
  const channels = s[S_IN_CHANNELS / 2];
  const bytes = s[S_RESULT_BYTES / 2];
  const height = s[S_OUT_HEIGHT / 2] === s[S_IN_HEIGHT / 2] ? 1 : s[S_IN_HEIGHT / 2];
  const width = s[S_OUT_WIDTH / 2] === s[S_IN_WIDTH / 2] ? 1 : s[S_IN_WIDTH / 2];
  const depth = s[S_OUT_CHANNELS / 2] === channels * bytes ? 1 : channels;
  for (let y = first; y < first + rows; y++) {
    for (let x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
      let to = outputRow(m, y) + x * s[S_OUT_PIXEL_STRIDE / 2];
      for (let c = 0; c < channels; c += depth) {
        // The sum; or the greatest value, its sign turned of the least.
        let value = sign ? -129 : 0;
        let index = 0;
        let count = 0;
        for (let i = 0; i < height; i++) {
          const row = inputRow(m, height > 1 ? i : y) + (width > 1 ? 0 : x) * channels + c;
          for (let j = 0; j < width; j++) {
            for (let k = 0; k < depth; k++) {
              const next = a[row + j * channels + k];
              if (!sign) value += next - s[S_IN_ZERO_POINT / 2];
              else if ((sign < 0 ? -next : next) > value) {
                value = sign < 0 ? -next : next;
                index = count;
              }
              count++;
            }
          }
        }
        if (!sign) {
          value = rescale(m, value, word(m, s[S_TABLE / 2]), word(m, s[S_TABLE / 2] + 4));
          value = clamp(s, value + s[S_OUT_ZERO_POINT / 2]);
        } else if (bytes > 1) value = index;
        else if (sign < 0) value = -value;
        for (const end = to + bytes; to < end; value >>= 8) a[to++] = value;
      }
    }
  }
}

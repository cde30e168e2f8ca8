/** An output pixel from the four input pixels around its place: src/kernels/reference/resize-bilinear.ts. */
import {
  S_FLAGS,
  S_IN_CHANNELS,
  S_IN_HEIGHT,
  S_IN_WIDTH,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_TABLE,
  STEP_UNSIGNED_ROUNDING,
} from '../../program/layout.js';
import { word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { max, min } from '../powers.js';
import { inputRow, outputRow } from './rows.js';

const UNIT = 1024;
const HALF = 524288;

function inside(place: number, length: number): number {
  return max(0, min(place >> 10, length - 1));
}

export function resizeBilinear(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const table = s[S_TABLE / 2];
  const channels = s[S_IN_CHANNELS / 2];
  const up = m._single || s[S_FLAGS / 2] & STEP_UNSIGNED_ROUNDING;
  const distance = word(m, table + 8);
  const start = word(m, table + 12);
  for (let y = first; y < first + rows; y++) {
    const row = y * word(m, table) + word(m, table + 4);
    const above = inside(row, s[S_IN_HEIGHT / 2]);
    const down = row - above * UNIT;
    const top = inputRow(m, above);
    const bottom = inputRow(m, inside(row + UNIT - 1, s[S_IN_HEIGHT / 2]));
    let to = outputRow(m, y);
    for (let x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
      const column = x * distance + start;
      let left = inside(column, s[S_IN_WIDTH / 2]);
      const right = column - left * UNIT;
      left *= channels;
      const other = inside(column + UNIT - 1, s[S_IN_WIDTH / 2]) * channels;
      for (let c = 0; c < channels; c++) {
        const sum =
          (a[top + left + c] * (UNIT - right) + a[top + other + c] * right) * (UNIT - down) +
          (a[bottom + left + c] * (UNIT - right) + a[bottom + other + c] * right) * down;
        a[to + c] = up || sum > 0 ? (sum + HALF) >> 20 : -((HALF - sum) >> 20);
      }
      to += s[S_OUT_PIXEL_STRIDE / 2];
    }
  }
}

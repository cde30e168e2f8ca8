/** Two operands, value by value (KIND_BINARY). src/kernels/reference/binary.ts is the readable form. */
import {
  BINARY_CONSTANT,
  BINARY_EXTREME,
  BINARY_FIRST,
  BINARY_PRODUCT,
  BINARY_SECOND,
  S_DEPTH_MULTIPLIER,
  S_FLAGS,
  S_IN_ZERO_POINT,
  S_OUT_CHANNELS,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_OUT_ZERO_POINT,
  S_PAD_LEFT,
  S_PAD_TOP,
  S_TABLE,
  S_WEIGHT_ZERO_POINT,
  S_WEIGHTS,
} from '../../program/layout.js';
import { byte, word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { max, min } from '../powers.js';
import { clamp, rescale } from './requantize.js';
import { inputRow, outputRow, secondInputRow } from './rows.js';

export function binary(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const flags = s[S_FLAGS / 2];
  const width = s[S_PAD_LEFT / 2];
  const channels = s[S_DEPTH_MULTIPLIER / 2];
  const table = s[S_TABLE / 2];
  const scaled = (value: number, at: number): number => rescale(m, value, word(m, table + at), word(m, table + at + 4));
  for (let y = first; y < first + rows; y++) {
    let from = inputRow(m, y);
    let to = outputRow(m, y);
    const row = s[S_PAD_TOP / 2] > 1 ? y : 0;
    let second = flags & BINARY_CONSTANT ? s[S_WEIGHTS / 2] + row * width * channels : secondInputRow(m, row);
    for (let x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
      for (let c = 0; c < s[S_OUT_CHANNELS / 2]; c++) {
        const at = channels > 1 ? second + c : second;
        const p = a[from++];
        const q = flags & BINARY_CONSTANT ? (byte(m, at) << 24) >> 24 : a[at];
        let value = p - s[S_IN_ZERO_POINT / 2];
        const other = q - s[S_WEIGHT_ZERO_POINT / 2];
        if (flags & BINARY_EXTREME) {
          a[to + c] = flags & BINARY_SECOND ? min(p, q) : max(p, q);
          continue;
        }
        if (!(flags & BINARY_PRODUCT)) {
          value = scaled(value << 20, 0);
          const addend = scaled(other << 20, 8);
          value = scaled((flags & BINARY_FIRST ? -value : value) + (flags & BINARY_SECOND ? -addend : addend), 16);
        } else if (flags & BINARY_SECOND && value >= 0) value = scaled(value, 0);
        else value = scaled(value * other, 16);
        a[to + c] = clamp(s, value + s[S_OUT_ZERO_POINT / 2]);
      }
      if (width > 1) second += channels;
      to += s[S_OUT_PIXEL_STRIDE / 2];
    }
  }
}

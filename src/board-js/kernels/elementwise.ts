/** Byte by byte: tables of 256, uint8 <-> int8, padding, addition. */
import {
  S_IN_CHANNELS,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_IN2_ZERO_POINT,
  S_OUT_CHANNELS,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_OUT_ZERO_POINT,
  S_PAD_LEFT,
  S_PAD_TOP,
  S_TABLE,
} from '../../program/layout.js';
import { seek, word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { clamp, rescale } from './requantize.js';
import { inputRow, outputRow, secondInputRow } from './rows.js';

/** Each byte through the table of the file, indexed by the byte as uint8. */
export function lookUp(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const w = m._bytes;
  const channels = s[S_IN_CHANNELS / 2];
  for (let y = first; y < first + rows; y++) {
    let from = inputRow(m, y);
    let to = outputRow(m, y);
    const table = seek(m, s[S_TABLE / 2], 256);
    for (let x = 0; x < s[S_IN_WIDTH / 2]; x++) {
      for (let c = 0; c < channels; c++) a[to + c] = w[table + (a[from++] & 255)];
      to += s[S_OUT_PIXEL_STRIDE / 2];
    }
  }
}

/** The top bit of each byte flipped: v - 128 or v + 128. */
export function flip(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  for (let y = first; y < first + rows; y++) {
    let from = inputRow(m, y);
    let to = outputRow(m, y);
    for (let end = from + s[S_IN_WIDTH / 2] * s[S_IN_CHANNELS / 2]; from < end; ) a[to++] = a[from++] ^ 128;
  }
}

/** Padding: the zero point around the input. */
export function pad(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const channels = s[S_OUT_CHANNELS / 2];
  const left = s[S_PAD_LEFT / 2] * channels;
  const right = left + s[S_IN_WIDTH / 2] * channels;
  for (let y = first; y < first + rows; y++) {
    let to = outputRow(m, y);
    const from = inputRow(m, y - s[S_PAD_TOP / 2]);
    for (let i = 0; i < s[S_OUT_WIDTH / 2] * channels; i++) {
      a[to++] = from >= 0 && i >= left && i < right ? a[from + i - left] : s[S_OUT_ZERO_POINT / 2];
    }
  }
}

/**
 * A sum: both inputs are brought to a common scale with 20 bits of headroom, added and requantised
 * (TFLite, kernels/internal/reference/add.h). Table: multiplier and shift of input 1, input 2, output, i32 each.
 */
export function add(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const table = s[S_TABLE / 2];
  const multiplier1 = word(m, table);
  const shift1 = word(m, table + 4);
  const multiplier2 = word(m, table + 8);
  const shift2 = word(m, table + 12);
  const multiplier = word(m, table + 16);
  const shift = word(m, table + 20);
  for (let y = first; y < first + rows; y++) {
    let from1 = inputRow(m, y);
    let from2 = secondInputRow(m, y);
    let to = outputRow(m, y);
    for (let end = to + s[S_OUT_WIDTH / 2] * s[S_OUT_CHANNELS / 2]; to < end; ) {
      const sum =
        rescale(m, (a[from1++] - s[S_IN_ZERO_POINT / 2]) << 20, multiplier1, shift1) +
        rescale(m, (a[from2++] - s[S_IN2_ZERO_POINT / 2]) << 20, multiplier2, shift2);
      a[to++] = clamp(s, rescale(m, sum, multiplier, shift) + s[S_OUT_ZERO_POINT / 2]);
    }
  }
}

/**
 * Depthwise convolution, 3x3 with stride 1 or 2. Weights stand in the file as [channels][9]. Two output rows at a time,
 * one in each lane (lanes.ts). Each input column gives three pairs, one per kernel row, and a pair times a weight is one
 * tap of both rows:
 *
 *   stride 1, input rows r0..r3:     (r0 r1) (r1 r2) (r2 r3)
 *   stride 2, input rows r0..r4:     (r0 r2) (r1 r3) (r2 r4)
 *
 * Walking along the row, a column serves up to three neighbouring outputs, whose sums travel in locals. A row of padding
 * is one byte behind the arena that is read again and again.
 */
import {
  S_CLAMP_HIGH,
  S_CLAMP_LOW,
  S_IN_CHANNELS,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_OUT_CHANNELS,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_PAD_LEFT,
  S_PAD_TOP,
  S_STRIDE_W,
  S_WEIGHT_ZERO_POINT,
  S_WEIGHTS,
} from '../../program/layout.js';
import { seek } from '../bytes.js';
import type { Machine } from '../machine.js';
import { min } from '../powers.js';
import { BOTH, ROUNDER, TO_UPPER, UPPER } from './lanes.js';
import { CHUNK, generalValue, OFFSET, readTable } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** 3x3: `rows` <= 2 output rows from y on, n channels from `channel` on. */
function twoRows(m: Machine, y: number, rows: number, channel: number, n: number): void {
  const a = m._arena;
  const w = m._bytes;
  const s = m._step;
  const stride = s[S_STRIDE_W / 2];
  const two = stride > 1;
  const padLeft = s[S_PAD_LEFT / 2];
  const pixel = s[S_IN_CHANNELS / 2];
  const outPixel = s[S_OUT_PIXEL_STRIDE / 2];
  // Columns are counted from the one that completes the first output; from `inside` on they are padding.
  const lag = 2 - padLeft;
  const inside = s[S_IN_WIDTH / 2] - lag;
  const end = stride * (s[S_OUT_WIDTH / 2] - 1);
  const low = s[S_CLAMP_LOW / 2] + OFFSET;
  const high = s[S_CLAMP_HIGH / 2] + OFFSET;
  const toUpper = TO_UPPER;
  const unit = UPPER;
  const rounder = ROUNDER;
  const zeros = s[S_IN_ZERO_POINT / 2] * BOTH;
  const padding = a.length - 1;
  a[padding] = s[S_IN_ZERO_POINT / 2];
  const top = y * stride - s[S_PAD_TOP / 2];
  const base0 = inputRow(m, top);
  const base1 = inputRow(m, top + 1);
  const base2 = inputRow(m, top + 2);
  // A second output row that is not there is computed from padding, and the first one's store writes over it.
  const base3 = rows > 1 ? inputRow(m, top + 3) : -1;
  const base4 = rows > 1 ? inputRow(m, top + 4) : -1;
  const outLower = outputRow(m, y) + channel;
  const outUpper = rows > 1 ? outputRow(m, y + 1) + channel : outLower;
  const weightZeroPoint = s[S_WEIGHT_ZERO_POINT / 2];
  for (let i = 0; i < n; i++) {
    const from = channel + i;
    const scale = m._scales[i];
    const addend = m._addends[i];
    const at = seek(m, s[S_WEIGHTS / 2] + from * 9, 9);
    let w0 = w[at];
    let w1 = w[at + 1];
    let w2 = w[at + 2];
    let w3 = w[at + 3];
    let w4 = w[at + 4];
    let w5 = w[at + 5];
    let w6 = w[at + 6];
    let w7 = w[at + 7];
    let w8 = w[at + 8];
    if (FULL && weightZeroPoint) {
      w0 -= weightZeroPoint;
      w1 -= weightZeroPoint;
      w2 -= weightZeroPoint;
      w3 -= weightZeroPoint;
      w4 -= weightZeroPoint;
      w5 -= weightZeroPoint;
      w6 -= weightZeroPoint;
      w7 -= weightZeroPoint;
      w8 -= weightZeroPoint;
    }
    const d0 = base0 < 0 ? 0 : pixel;
    const d1 = base1 < 0 ? 0 : pixel;
    const d2 = base2 < 0 ? 0 : pixel;
    const d3 = base3 < 0 ? 0 : pixel;
    const d4 = base4 < 0 ? 0 : pixel;
    let r0 = d0 ? base0 + from : padding;
    let r1 = d1 ? base1 + from : padding;
    let r2 = d2 ? base2 + from : padding;
    let r3 = d3 ? base3 + from : padding;
    let r4 = d4 ? base4 + from : padding;
    let o = outLower + i;
    let u = outUpper + i;
    // Sums of the output that the next column completes, and, for stride 1, of the one after it.
    let sum = padLeft * zeros * (w0 + w3 + w6);
    let later = sum;
    for (let x = -lag; x <= end; x++) {
      // Pairs of the three kernel rows.
      let p = zeros;
      let q = zeros;
      let r = zeros;
      if (x < inside) {
        q = a[r1];
        r = a[r2];
        if (two) {
          p = a[r0] + r * unit;
          q += a[r3] * unit;
          r += a[r4] * unit;
          r4 += d4;
        } else {
          p = a[r0] + q * unit;
          q += r * unit;
          r += a[r3] * unit;
        }
        r0 += d0;
        r1 += d1;
        r2 += d2;
        r3 += d3;
      }
      if (two && x & 1) {
        sum += p * w1 + q * w4 + r * w7;
        continue;
      }
      let lower = sum + p * w2 + q * w5 + r * w8;
      if (!two) sum = later + p * w1 + q * w4 + r * w7;
      later = p * w0 + q * w3 + r * w6;
      if (two) sum = later;
      if (x >= 0) {
        let value = lower * toUpper + rounder - rounder;
        lower -= value * unit;
        let to = u;
        for (let lanes = 2; lanes; lanes--) {
          value = scale ? value * scale + addend : generalValue(m, value, from);
          if (value < low) value = low;
          else if (value > high) value = high;
          a[to] = value;
          value = lower;
          to = o;
        }
        u += outPixel;
        o += outPixel;
      }
    }
  }
}

export function depthwise(m: Machine, first: number, rows: number): void {
  const channels = m._step[S_OUT_CHANNELS / 2];
  for (let channel = 0; channel < channels; channel += CHUNK) {
    const n = min(channels - channel, CHUNK);
    readTable(m, channel, n);
    for (let y = 0; y < rows; y += 2) twoRows(m, first + y, rows - y, channel, n);
  }
}

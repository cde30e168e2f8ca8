/**
 * Convolution of any window, and fully connected layers, as a product of matrices: [outputs x K] * [K x pixels],
 * K = kernelH * kernelW * channels. Pixels are taken two to a double (lanes.ts), and two such pairs at a time.
 *
 *   for every chunk of outputs           CHUNK: its requantisation table is read once
 *     for every two pairs of pixels      gather the inputs under their windows
 *       for every 8 of K                 keep them in locals, meet all outputs
 *       requantise
 *
 * Weights stand in the file as [ceil(K / 8)][outputs][8], the last block as narrow as what is left of K: the inner loop
 * reads them in order. It reads the last block as if it were 8 wide; what stands behind it meets zeros.
 */
import {
  S_CLAMP_HIGH,
  S_CLAMP_LOW,
  S_IN_CHANNELS,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_KERNEL_H,
  S_KERNEL_W,
  S_OUT_CHANNELS,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_PAD_LEFT,
  S_PAD_TOP,
  S_STRIDE_H,
  S_STRIDE_W,
  S_WEIGHT_ZERO_POINT,
  S_WEIGHTS,
} from '../../program/layout.js';
import { seek } from '../bytes.js';
import type { Machine } from '../machine.js';
import { min } from '../powers.js';
import { ROUNDER, TO_UPPER, UPPER } from './lanes.js';
import { CHUNK, generalValue, OFFSET, readTable } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** The longest K of a pair: its products are at most 2^14, or 2^15 where weights have a zero point. */
const LONGEST = 2047;
const LONGEST_WITH_ZERO_POINT = 1023;

/** Index of output pixel `pixel`, counted row by row. */
function outputPixel(m: Machine, pixel: number): number {
  const s = m._step;
  const width = s[S_OUT_WIDTH / 2];
  return outputRow(m, (pixel / width) | 0) + (pixel % width) * s[S_OUT_PIXEL_STRIDE / 2];
}

/**
 * Columns [at, at + K): the inputs under the window of an output pixel, plus `unit` times those of the next one or, if
 * that is 0, nothing.
 */
function gather(m: Machine, at: number, pixel: number, unit: number): void {
  const a = m._arena;
  const columns = m._columns;
  const s = m._step;
  const channels = s[S_IN_CHANNELS / 2];
  const width = s[S_IN_WIDTH / 2];
  const padding = a.length - 1;
  const y = (pixel / s[S_OUT_WIDTH / 2]) | 0;
  const x = pixel % s[S_OUT_WIDTH / 2];
  const wraps = x + 1 === s[S_OUT_WIDTH / 2];
  const top = y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2];
  const top2 = wraps ? top + s[S_STRIDE_H / 2] : top;
  const left = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2];
  const over = (wraps ? -s[S_PAD_LEFT / 2] : left + s[S_STRIDE_W / 2]) - left;
  a[padding] = s[S_IN_ZERO_POINT / 2];
  for (let ky = 0; ky < s[S_KERNEL_H / 2]; ky++) {
    const row = inputRow(m, top + ky);
    const row2 = wraps ? inputRow(m, top2 + ky) : row;
    for (let column = left, right = left + s[S_KERNEL_W / 2]; column < right; column++) {
      const inside = row >= 0 && column >= 0 && column < width ? 1 : 0;
      const inside2 = row2 >= 0 && column + over >= 0 && column + over < width ? 1 : 0;
      let p = inside ? row + column * channels : padding;
      let q = inside2 ? row2 + (column + over) * channels : padding;
      for (const end = at + channels; at < end; p += inside, q += inside2) columns[at++] = a[p] + a[q] * unit;
    }
  }
  while (at & 7) columns[at++] = 0;
}

/** Share of the weights' zero point in all sums over a column from `at` on. */
function zeroPointSum(m: Machine, at: number, k: number): number {
  if (!FULL) return 0;
  const zeroPoint = m._step[S_WEIGHT_ZERO_POINT / 2];
  let sum = 0;
  if (zeroPoint) for (const end = at + k; at < end; ) sum -= m._columns[at++] * zeroPoint;
  return sum;
}

/** Sums of outputs [channel, channel + outputs) over K, of both columns. */
function multiply(m: Machine, k: number, channel: number, outputs: number): void {
  const sums = m._sums;
  const columns = m._columns;
  const w = m._bytes;
  let second = columns.length / 2;
  const start = zeroPointSum(m, 0, k);
  const start2 = zeroPointSum(m, second, k);
  for (let o = 0; o < outputs; o++) {
    sums[o] = start;
    sums[o + CHUNK] = start2;
  }
  for (let j = 0; j < k; j += 8, second += 8) {
    const width = min(k - j, 8);
    const a = columns[j];
    const b = columns[j + 1];
    const c = columns[j + 2];
    const d = columns[j + 3];
    const e = columns[j + 4];
    const f = columns[j + 5];
    const g = columns[j + 6];
    const h = columns[j + 7];
    const a2 = columns[second];
    const b2 = columns[second + 1];
    const c2 = columns[second + 2];
    const d2 = columns[second + 3];
    const e2 = columns[second + 4];
    const f2 = columns[second + 5];
    const g2 = columns[second + 6];
    const h2 = columns[second + 7];
    let i = seek(m, m._step[S_WEIGHTS / 2] + j * m._step[S_OUT_CHANNELS / 2] + channel * width, outputs * width);
    for (let o = 0; o < outputs; o++, i += width) {
      let x = w[i];
      let sum = x * a;
      let sum2 = x * a2;
      x = w[i + 1];
      sum += x * b;
      sum2 += x * b2;
      x = w[i + 2];
      sum += x * c;
      sum2 += x * c2;
      x = w[i + 3];
      sum += x * d;
      sum2 += x * d2;
      x = w[i + 4];
      sum += x * e;
      sum2 += x * e2;
      x = w[i + 5];
      sum += x * f;
      sum2 += x * f2;
      x = w[i + 6];
      sum += x * g;
      sum2 += x * g2;
      x = w[i + 7];
      sums[o] += sum + x * h;
      sums[o + CHUNK] += sum2 + x * h2;
    }
  }
}

/** Requantises n sums from `from` on to output pixel `pixel` and, if they are pairs and it is before `end`, the next one. */
function store(
  m: Machine,
  channel: number,
  n: number,
  from: number,
  pixel: number,
  end: number,
  paired: boolean,
): void {
  const a = m._arena;
  const s = m._step;
  const sums = m._sums;
  const scales = m._scales;
  const addends = m._addends;
  const low = s[S_CLAMP_LOW / 2] + OFFSET;
  const high = s[S_CLAMP_HIGH / 2] + OFFSET;
  const toUpper = TO_UPPER;
  const unit = UPPER;
  const rounder = ROUNDER;
  const p = outputPixel(m, pixel) + channel;
  // Where there is no next pixel, the second store writes over the first.
  const q = paired && pixel + 1 < end ? outputPixel(m, pixel + 1) + channel : p;
  for (let i = 0; i < n; i++) {
    let lower = sums[from + i];
    let value = 0;
    if (paired) {
      value = lower * toUpper + rounder - rounder;
      lower -= value * unit;
    }
    const scale = scales[i];
    const addend = addends[i];
    let to = q;
    for (let lanes = 2; lanes; lanes--) {
      value = scale ? value * scale + addend : generalValue(m, value, channel + i);
      if (value < low) value = low;
      else if (value > high) value = high;
      a[to + i] = value;
      value = lower;
      to = p;
    }
  }
}

export function conv(m: Machine, first: number, rows: number): void {
  const s = m._step;
  const channels = s[S_OUT_CHANNELS / 2];
  const end = (first + rows) * s[S_OUT_WIDTH / 2];
  const k = s[S_KERNEL_H / 2] * s[S_KERNEL_W / 2] * s[S_IN_CHANNELS / 2];
  const longest = FULL && s[S_WEIGHT_ZERO_POINT / 2] ? LONGEST_WITH_ZERO_POINT : LONGEST;
  const paired = k <= longest;
  const lanes = paired ? 2 : 1;
  for (let channel = 0; channel < channels; channel += CHUNK) {
    const n = min(channels - channel, CHUNK);
    readTable(m, channel, n);
    for (let pixel = first * s[S_OUT_WIDTH / 2]; pixel < end; pixel += 2 * lanes) {
      gather(m, 0, pixel, paired ? UPPER : 0);
      gather(m, m._columns.length / 2, pixel + lanes, paired ? UPPER : 0);
      multiply(m, k, channel, n);
      store(m, channel, n, 0, pixel, end, paired);
      if (pixel + lanes < end) store(m, channel, n, CHUNK, pixel + lanes, end, paired);
    }
  }
}

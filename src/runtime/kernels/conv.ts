/**
 * Convolution of any window, and fully connected layers, as a product of matrices: [outputs x K] * [K x pixels],
 * K = kernelH * kernelW * channels. Pixels are taken in pairs (lanes.ts).
 *
 *   for every chunk of outputs           CHUNK: its requantisation table is read once
 *     for every pair of output pixels
 *       for every chunk of K             COLUMNS: gather the inputs under both windows
 *         for every 8 of K               keep them in locals, meet all outputs
 *       requantise
 *
 * Weights stand in the file as [ceil(K / 8)][outputs][8], the last block as narrow as what is left of K: the inner loop
 * reads them in order.
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
} from '../../format/layout.js';
import { seek } from '../bytes.js';
import type { Machine } from '../machine.js';
import { TWO_30 } from '../powers.js';
import { LANE_OFFSET, TO_UPPER, UPPER } from './lanes.js';
import { CHUNK, negativeLoss, OFFSET, rareValue, readTable } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** Values of K that are gathered at a time; a multiple of 8. */
export const COLUMNS = 256;
/** The longest K of a pair: its products are at most 2^14, or 2^15 where weights have a zero point. */
const LONGEST = 2047;
const LONGEST_WITH_ZERO_POINT = 1023;

/** Index of output pixel `pixel`, counted row by row. */
function outputPixel(m: Machine, pixel: number): number {
  const s = m._step;
  const width = s[S_OUT_WIDTH / 2];
  const y = (pixel / width) | 0;
  return outputRow(m, y) + (pixel % width) * s[S_OUT_PIXEL_STRIDE / 2];
}

/**
 * Adds inputs [from, from + n) of K under the window of an output pixel to the lower or the upper lanes of the columns.
 */
function gather(m: Machine, pixel: number, from: number, n: number, upper: boolean): void {
  const a = m._arena;
  const columns = m._columns;
  const s = m._step;
  const channels = s[S_IN_CHANNELS / 2];
  const kernelW = s[S_KERNEL_W / 2];
  const padding = a.length - 1;
  const unit = upper ? UPPER : 1;
  let tap = (from / channels) | 0;
  let channel = from % channels;
  const y = (pixel / s[S_OUT_WIDTH / 2]) | 0;
  const x = pixel % s[S_OUT_WIDTH / 2];
  let j = 0;
  a[padding] = s[S_IN_ZERO_POINT / 2];
  while (j < n) {
    const ky = (tap / kernelW) | 0;
    const row = inputRow(m, y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2] + ky);
    const column = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2] + (tap % kernelW);
    let at = padding;
    let step = 0;
    if (row >= 0 && column >= 0 && column < s[S_IN_WIDTH / 2]) {
      at = row + column * channels + channel;
      step = 1;
    }
    let end = j + channels - channel;
    if (end > n) end = n;
    for (; j < end; at += step) columns[j++] += a[at] * unit;
    channel = 0;
    tap++;
  }
}

/** sums[o] += sum over K in [from, from + n) of columns[K - from] * weights[o][K], outputs [channel, channel + outputs). */
function multiply(m: Machine, from: number, n: number, k: number, channel: number, outputs: number): void {
  const sums = m._sums;
  const columns = m._columns;
  const w = m._bytes;
  const weights = m._step[S_WEIGHTS / 2];
  const channels = m._step[S_OUT_CHANNELS / 2];
  for (let j = 0; j < n; j += 8) {
    let o = 0;
    let width = k - from - j;
    if (width > 8) width = 8;
    let i = seek(m, weights + (from + j) * channels + channel * width, outputs * width);
    if (width === 8) {
      const a = columns[j];
      const b = columns[j + 1];
      const c = columns[j + 2];
      const d = columns[j + 3];
      const e = columns[j + 4];
      const f = columns[j + 5];
      const g = columns[j + 6];
      const h = columns[j + 7];
      for (; o < outputs; o++, i += 8) {
        sums[o] +=
          w[i] * a +
          w[i + 1] * b +
          w[i + 2] * c +
          w[i + 3] * d +
          w[i + 4] * e +
          w[i + 5] * f +
          w[i + 6] * g +
          w[i + 7] * h;
      }
    } else {
      for (; o < outputs; o++) {
        let sum = sums[o];
        for (let end = j + width, l = j; l < end; l++) sum += w[i++] * columns[l];
        sums[o] = sum;
      }
    }
  }
}

/** Requantises n sums, less what the weights' zero point adds to each of them, to arena[p...] and, where q is not negative, the upper lanes to arena[q...]. */
function store(m: Machine, n: number, total: number, p: number, q: number): void {
  const a = m._arena;
  const s = m._step;
  const sums = m._sums;
  const factors = m._factors;
  const addends = m._addends;
  const multipliers = m._multipliers;
  const biases = m._biases;
  const low = s[S_CLAMP_LOW / 2] + OFFSET;
  const high = s[S_CLAMP_HIGH / 2] + OFFSET;
  const loss = negativeLoss(m);
  const negative = -TWO_30;
  const laneOffset = LANE_OFFSET;
  const toUpper = TO_UPPER;
  const unit = UPPER;
  for (let i = 0; i < n; i++) {
    let value = sums[i] - total;
    let upper = 0;
    if (q >= 0) {
      upper = (((value + laneOffset) * toUpper) | 0) - unit;
      value -= upper * unit;
    }
    const factor = factors[i];
    const addend = addends[i];
    let at = p;
    for (let lanes = q < 0 ? 1 : 2; lanes; lanes--) {
      value += biases[i];
      if (factor) {
        value *= multipliers[i];
        value = (((value < negative ? addend - loss : addend) + value) * factor) | 0;
      } else {
        value = rareValue(m, value, i);
      }
      if (value < low) value = low;
      else if (value > high) value = high;
      a[at + i] = value;
      value = upper;
      at = q;
    }
  }
}

export function conv(m: Machine, first: number, rows: number): void {
  const s = m._step;
  const channels = s[S_OUT_CHANNELS / 2];
  const width = s[S_OUT_WIDTH / 2];
  const end = (first + rows) * width;
  const k = s[S_KERNEL_H / 2] * s[S_KERNEL_W / 2] * s[S_IN_CHANNELS / 2];
  const zeroPoint = s[S_WEIGHT_ZERO_POINT / 2];
  const paired = k <= (zeroPoint ? LONGEST_WITH_ZERO_POINT : LONGEST);
  for (let channel = 0; channel < channels; channel += CHUNK) {
    let n = channels - channel;
    if (n > CHUNK) n = CHUNK;
    readTable(m, channel, n);
    for (let pixel = first * width; pixel < end; pixel += paired ? 2 : 1) {
      const both = paired && pixel + 1 < end;
      let total = 0;
      for (let i = 0; i < n; i++) m._sums[i] = 0;
      for (let from = 0; from < k; from += COLUMNS) {
        let columns = k - from;
        if (columns > COLUMNS) columns = COLUMNS;
        for (let j = 0; j < columns; j++) m._columns[j] = 0;
        gather(m, pixel, from, columns, false);
        if (both) gather(m, pixel + 1, from, columns, true);
        if (zeroPoint) for (let j = 0; j < columns; j++) total += m._columns[j] * zeroPoint;
        multiply(m, from, columns, k, channel, n);
      }
      store(m, n, total, outputPixel(m, pixel) + channel, both ? outputPixel(m, pixel + 1) + channel : -1);
    }
  }
}

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
import { BOTH, LANE_LIMIT, LANE_OFFSET, TO_UPPER, UPPER } from './lanes.js';
import { CHUNK, negativeLoss, OFFSET, readTable, requantize } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** Values of K that are gathered at a time; a multiple of 8. */
export const COLUMNS = 256;
/** The largest |weight * input|; a zero point of the weights can double it. */
const LARGEST_PRODUCT = 16384;

/**
 * Inputs [from, from + n) of K under the window of output pixel (x, y): into the lower lanes of the columns, or added
 * to the upper ones.
 */
function gather(m: Machine, y: number, x: number, from: number, n: number, upper: boolean): void {
  var a = m._arena;
  var columns = m._columns;
  var s = m._step;
  var channels = s[S_IN_CHANNELS / 2];
  var kernelW = s[S_KERNEL_W / 2];
  var width = s[S_IN_WIDTH / 2];
  var padding = a.length - 1;
  var unit = UPPER;
  var tap = (from / channels) | 0;
  var channel = from - tap * channels;
  var j = 0;
  a[padding] = s[S_IN_ZERO_POINT / 2];
  while (j < n) {
    var ky = (tap / kernelW) | 0;
    var row = inputRow(s, y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2] + ky);
    var column = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2] + tap - ky * kernelW;
    var at = padding;
    var step = 0;
    if (row >= 0 && column >= 0 && column < width) {
      at = row + column * channels + channel;
      step = 1;
    }
    var end = j + channels - channel;
    if (end > n) end = n;
    if (upper) for (; j < end; at += step) columns[j++] += a[at] * unit;
    else for (; j < end; at += step) columns[j++] = a[at];
    channel = 0;
    tap++;
  }
}

/** sums[o] += sum over K in [from, from + n) of columns[K - from] * weights[o][K], outputs [channel, channel + outputs). */
function multiply(m: Machine, from: number, n: number, k: number, channel: number, outputs: number): void {
  var sums = m._sums;
  var columns = m._columns;
  var w = m._bytes;
  var weights = m._step[S_WEIGHTS / 2];
  var channels = m._step[S_OUT_CHANNELS / 2];
  for (var j = 0; j < n; j += 8) {
    var width = k - from - j;
    if (width > 8) width = 8;
    var i = seek(m, weights + (from + j) * channels + channel * width, outputs * width);
    var o: number;
    if (width === 8) {
      var a = columns[j];
      var b = columns[j + 1];
      var c = columns[j + 2];
      var d = columns[j + 3];
      var e = columns[j + 4];
      var f = columns[j + 5];
      var g = columns[j + 6];
      var h = columns[j + 7];
      for (o = 0; o < outputs; o++, i += 8) {
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
      for (o = 0; o < outputs; o++) {
        var sum = sums[o];
        for (var end = j + width, l = j; l < end; l++) sum += w[i++] * columns[l];
        sums[o] = sum;
      }
    }
  }
}

/** Requantises n sums to arena[p...] and, where q is not negative, the upper lanes to arena[q...]. */
function store(m: Machine, n: number, paired: boolean, p: number, q: number): void {
  var a = m._arena;
  var s = m._step;
  var sums = m._sums;
  var factors = m._factors;
  var addends = m._addends;
  var multipliers = m._multipliers;
  var low = s[S_CLAMP_LOW / 2] + OFFSET;
  var high = s[S_CLAMP_HIGH / 2] + OFFSET;
  var loss = negativeLoss(m);
  var negative = -TWO_30;
  var laneOffset = LANE_OFFSET;
  var toUpper = TO_UPPER;
  var unit = UPPER;
  var v: number;
  for (var i = 0; i < n; i++) {
    var lower = sums[i];
    var upper = 0;
    if (paired) {
      upper = (((lower + laneOffset) * toUpper) | 0) - unit;
      lower -= upper * unit;
    }
    var factor = factors[i];
    if (factor) {
      var addend = addends[i];
      lower *= multipliers[i];
      v = (((lower < negative ? addend - loss : addend) + lower) * factor) | 0;
      a[p + i] = v < low ? low : v > high ? high : v;
      if (q >= 0) {
        upper *= multipliers[i];
        v = (((upper < negative ? addend - loss : addend) + upper) * factor) | 0;
        a[q + i] = v < low ? low : v > high ? high : v;
      }
    } else {
      v = requantize(m, lower, i);
      a[p + i] = v < low ? low : v > high ? high : v;
      if (q >= 0) {
        v = requantize(m, upper, i);
        a[q + i] = v < low ? low : v > high ? high : v;
      }
    }
  }
}

/** Starts n sums, or pairs of sums, from the biases. */
function start(m: Machine, n: number, ones: number): void {
  var sums = m._sums;
  var biases = m._biases;
  for (var i = 0; i < n; i++) sums[i] = biases[i] * ones;
}

/** Subtracts the weights' zero point times the sum of the columns. */
function subtractZeroPoint(m: Machine, n: number, columns: number, zeroPoint: number): void {
  var total = 0;
  for (var j = 0; j < columns; j++) total += m._columns[j];
  for (var i = 0; i < n; i++) m._sums[i] -= total * zeroPoint;
}

/** Index of output pixel (x, y), channel 0. */
function outputPixel(s: Int32Array, y: number, x: number): number {
  return outputRow(s, y) + x * s[S_OUT_PIXEL_STRIDE / 2];
}

export function conv(m: Machine, first: number, rows: number): void {
  var s = m._step;
  var channels = s[S_OUT_CHANNELS / 2];
  var width = s[S_OUT_WIDTH / 2];
  var zeroPoint = s[S_WEIGHT_ZERO_POINT / 2];
  var k = s[S_KERNEL_H / 2] * s[S_KERNEL_W / 2] * s[S_IN_CHANNELS / 2];
  for (var channel = 0; channel < channels; channel += CHUNK) {
    var n = channels - channel;
    if (n > CHUNK) n = CHUNK;
    var paired = readTable(m, channel, n) + k * (zeroPoint ? 2 : 1) * LARGEST_PRODUCT < LANE_LIMIT;
    var x = 0;
    for (var y = first; y < first + rows; ) {
      var p = outputPixel(s, y, x) + channel;
      var q = -1;
      var x1 = x + 1;
      var y1 = y;
      if (x1 >= width) {
        x1 = 0;
        y1++;
      }
      if (paired && y1 < first + rows) q = outputPixel(s, y1, x1) + channel;
      start(m, n, paired ? BOTH : 1);
      for (var from = 0; from < k; from += COLUMNS) {
        var columns = k - from;
        if (columns > COLUMNS) columns = COLUMNS;
        gather(m, y, x, from, columns, false);
        if (q >= 0) gather(m, y1, x1, from, columns, true);
        if (zeroPoint) subtractZeroPoint(m, n, columns, zeroPoint);
        multiply(m, from, columns, k, channel, n);
      }
      store(m, n, paired, p, q);
      x = x1;
      y = y1;
      if (q >= 0 && ++x >= width) {
        x = 0;
        y++;
      }
    }
  }
}

/**
 * Depthwise convolution. Weights stand in the file as [output channels][kernelH * kernelW].
 *
 * 3x3 with stride 1 or 2: two output rows at a time, one in each lane (lanes.ts). Each input column gives three pairs,
 * one per kernel row, and a pair times a weight is one tap of both rows:
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
  S_DEPTH_MULTIPLIER,
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

/** Any window: channel `channel` of output row y, whose table entry is i. */
function channelRow(m: Machine, y: number, channel: number, i: number): void {
  var a = m._arena;
  var w = m._bytes;
  var s = m._step;
  var kernelH = s[S_KERNEL_H / 2];
  var kernelW = s[S_KERNEL_W / 2];
  var pixel = s[S_IN_CHANNELS / 2];
  var width = s[S_IN_WIDTH / 2];
  var zero = s[S_IN_ZERO_POINT / 2];
  var weightZeroPoint = s[S_WEIGHT_ZERO_POINT / 2];
  var low = s[S_CLAMP_LOW / 2] + OFFSET;
  var high = s[S_CLAMP_HIGH / 2] + OFFSET;
  var top = y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2];
  var weights = seek(m, s[S_WEIGHTS / 2] + channel * kernelH * kernelW, kernelH * kernelW);
  var source = (channel / s[S_DEPTH_MULTIPLIER / 2]) | 0;
  var out = outputRow(s, y) + channel;
  for (var x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
    var left = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2];
    var sum = m._biases[i];
    var at = weights;
    for (var ky = 0; ky < kernelH; ky++) {
      var row = inputRow(s, top + ky);
      for (var column = left; column < left + kernelW; column++) {
        var inside = row >= 0 && column >= 0 && column < width;
        sum += (w[at++] - weightZeroPoint) * (inside ? a[row + column * pixel + source] : zero);
      }
    }
    var v = requantize(m, sum, i);
    a[out] = v < low ? low : v > high ? high : v;
    out += s[S_OUT_PIXEL_STRIDE / 2];
  }
}

/** Nine products of at most 255 * 128. */
const LARGEST_SUM = 293760;

/** 3x3: `rows` <= 2 output rows from y on, n channels from `channel` on. */
function twoRows(m: Machine, y: number, rows: number, channel: number, n: number): void {
  var a = m._arena;
  var w = m._bytes;
  var s = m._step;
  var stride = s[S_STRIDE_H / 2];
  var padLeft = s[S_PAD_LEFT / 2];
  var pixel = s[S_IN_CHANNELS / 2];
  var outPixel = s[S_OUT_PIXEL_STRIDE / 2];
  var inWidth = s[S_IN_WIDTH / 2];
  var outWidth = s[S_OUT_WIDTH / 2];
  var inside = inWidth + padLeft - 2;
  var weightZeroPoint = s[S_WEIGHT_ZERO_POINT / 2];
  var low = s[S_CLAMP_LOW / 2] + OFFSET;
  var high = s[S_CLAMP_HIGH / 2] + OFFSET;
  var loss = negativeLoss(m);
  var negative = -TWO_30;
  var laneOffset = LANE_OFFSET;
  var toUpper = TO_UPPER;
  var unit = UPPER;
  var zeros = s[S_IN_ZERO_POINT / 2] * BOTH;
  var padding = a.length - 1;
  a[padding] = s[S_IN_ZERO_POINT / 2];
  var top = y * stride - s[S_PAD_TOP / 2];
  var base0 = inputRow(s, top);
  var base1 = inputRow(s, top + 1);
  var base2 = inputRow(s, top + 2);
  // A second output row that is not there is computed from padding, and the first one's store writes over it.
  var base3 = rows > 1 ? inputRow(s, top + 3) : -1;
  var base4 = rows > 1 ? inputRow(s, top + 4) : -1;
  var outLower = outputRow(s, y) + channel;
  var outUpper = rows > 1 ? outputRow(s, y + 1) + channel : outLower;
  for (var i = 0; i < n; i++) {
    var from = channel + i;
    var factor = m._factors[i];
    var bias = m._biases[i];
    if (!factor || bias >= LANE_LIMIT - LARGEST_SUM || bias <= LARGEST_SUM - LANE_LIMIT) {
      channelRow(m, y, from, i);
      if (rows > 1) channelRow(m, y + 1, from, i);
      continue;
    }
    bias *= BOTH;
    var multiplier = m._multipliers[i];
    var addend = m._addends[i];
    var addendBelow = addend - loss;
    var at = seek(m, s[S_WEIGHTS / 2] + from * 9, 9);
    var w0 = w[at] - weightZeroPoint;
    var w1 = w[at + 1] - weightZeroPoint;
    var w2 = w[at + 2] - weightZeroPoint;
    var w3 = w[at + 3] - weightZeroPoint;
    var w4 = w[at + 4] - weightZeroPoint;
    var w5 = w[at + 5] - weightZeroPoint;
    var w6 = w[at + 6] - weightZeroPoint;
    var w7 = w[at + 7] - weightZeroPoint;
    var w8 = w[at + 8] - weightZeroPoint;
    var d0 = base0 < 0 ? 0 : pixel;
    var d1 = base1 < 0 ? 0 : pixel;
    var d2 = base2 < 0 ? 0 : pixel;
    var d3 = base3 < 0 ? 0 : pixel;
    var d4 = base4 < 0 ? 0 : pixel;
    var r0 = d0 ? base0 + from : padding;
    var r1 = d1 ? base1 + from : padding;
    var r2 = d2 ? base2 + from : padding;
    var r3 = d3 ? base3 + from : padding;
    var r4 = d4 ? base4 + from : padding;
    var o = outLower + i;
    var u = outUpper + i;
    // Sums of the output that the next column completes, and, for stride 1, of the one after it.
    var sum = padLeft ? bias + zeros * (w0 + w3 + w6) : bias;
    var later = sum;
    // Pairs of the three kernel rows.
    var p: number;
    var q: number;
    var r: number;
    var lower: number;
    var upper: number;
    var x: number;
    if (stride > 1) {
      for (x = 0; x < 2 * outWidth + 1 - padLeft; x++) {
        p = q = r = zeros;
        if (x < inWidth) {
          r = a[r2];
          p = a[r0] + r * unit;
          q = a[r1] + a[r3] * unit;
          r += a[r4] * unit;
          r0 += d0;
          r1 += d1;
          r2 += d2;
          r3 += d3;
          r4 += d4;
        }
        if ((x + padLeft) & 1) {
          sum += p * w1 + q * w4 + r * w7;
          continue;
        }
        lower = sum + p * w2 + q * w5 + r * w8;
        sum = bias + p * w0 + q * w3 + r * w6;
        if (x > 0) {
          upper = (((lower + laneOffset) * toUpper) | 0) - unit;
          lower = (lower - upper * unit) * multiplier;
          upper *= multiplier;
          upper = (((upper < negative ? addendBelow : addend) + upper) * factor) | 0;
          lower = (((lower < negative ? addendBelow : addend) + lower) * factor) | 0;
          a[u] = upper < low ? low : upper > high ? high : upper;
          a[o] = lower < low ? low : lower > high ? high : lower;
          u += outPixel;
          o += outPixel;
        }
      }
    } else {
      for (x = padLeft - 2; x < outWidth; x++) {
        p = q = r = zeros;
        if (x < inside) {
          q = a[r1];
          r = a[r2];
          p = a[r0] + q * unit;
          q += r * unit;
          r += a[r3] * unit;
          r0 += d0;
          r1 += d1;
          r2 += d2;
          r3 += d3;
        }
        lower = sum + p * w2 + q * w5 + r * w8;
        sum = later + p * w1 + q * w4 + r * w7;
        later = bias + p * w0 + q * w3 + r * w6;
        if (x >= 0) {
          upper = (((lower + laneOffset) * toUpper) | 0) - unit;
          lower = (lower - upper * unit) * multiplier;
          upper *= multiplier;
          upper = (((upper < negative ? addendBelow : addend) + upper) * factor) | 0;
          lower = (((lower < negative ? addendBelow : addend) + lower) * factor) | 0;
          a[u] = upper < low ? low : upper > high ? high : upper;
          a[o] = lower < low ? low : lower > high ? high : lower;
          u += outPixel;
          o += outPixel;
        }
      }
    }
  }
}

export function depthwise(m: Machine, first: number, rows: number): void {
  var s = m._step;
  var channels = s[S_OUT_CHANNELS / 2];
  var stride = s[S_STRIDE_H / 2];
  var pairs =
    s[S_KERNEL_H / 2] === 3 &&
    s[S_KERNEL_W / 2] === 3 &&
    stride === s[S_STRIDE_W / 2] &&
    stride < 3 &&
    s[S_PAD_LEFT / 2] < 2 &&
    s[S_DEPTH_MULTIPLIER / 2] === 1;
  for (var channel = 0; channel < channels; channel += CHUNK) {
    var n = channels - channel;
    if (n > CHUNK) n = CHUNK;
    readTable(m, channel, n);
    for (var y = first; y < first + rows; y++) {
      if (pairs) {
        twoRows(m, y, first + rows - y, channel, n);
        y++;
      } else {
        for (var i = 0; i < n; i++) channelRow(m, y, channel + i, i);
      }
    }
  }
}

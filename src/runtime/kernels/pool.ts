/** Pooling over a window, padding left out, and the mean over all of height and width. */
import {
  S_CLAMP_HIGH,
  S_CLAMP_LOW,
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
import { seek, word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { inputRow, outputRow } from './rows.js';
import { clamp, rescale } from './requantize.js';

/** Output rows of AVERAGE_POOL. Rounds half away from zero; a legacy uint8 model rounds value + 128, which is positive. */
export function averagePool(m: Machine, first: number, rows: number): void {
  pool(m, first, rows, m._step[S_FLAGS / 2] & STEP_UNSIGNED_ROUNDING ? 128 : 0);
}

export function maxPool(m: Machine, first: number, rows: number): void {
  pool(m, first, rows, -1);
}

/** offset: what a value is less than zero by when it is rounded; -1 for the maximum. */
function pool(m: Machine, first: number, rows: number, offset: number): void {
  var a = m._arena;
  var s = m._step;
  var pixel = s[S_IN_CHANNELS / 2];
  for (var y = first; y < first + rows; y++) {
    var top = y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2];
    var bottom = top + s[S_KERNEL_H / 2];
    if (top < 0) top = 0;
    if (bottom > s[S_IN_HEIGHT / 2]) bottom = s[S_IN_HEIGHT / 2];
    var out = outputRow(s, y);
    for (var x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
      var left = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2];
      var right = left + s[S_KERNEL_W / 2];
      if (left < 0) left = 0;
      if (right > s[S_IN_WIDTH / 2]) right = s[S_IN_WIDTH / 2];
      var count = (bottom - top) * (right - left);
      for (var c = 0; c < s[S_OUT_CHANNELS / 2]; c++) {
        var value = offset < 0 ? -128 : count * offset;
        for (var row = top; row < bottom; row++) {
          var at = inputRow(s, row) + left * pixel + c;
          for (var end = at + (right - left) * pixel; at < end; at += pixel) {
            if (offset >= 0) value += a[at];
            else if (a[at] > value) value = a[at];
          }
        }
        if (offset >= 0) value = (((value > 0 ? value + (count >> 1) : value - (count >> 1)) / count) | 0) - offset;
        a[out + c] = clamp(s, value);
      }
      out += s[S_OUT_PIXEL_STRIDE / 2];
    }
  }
}

/** MEAN over height and width. Table: multiplier and shift of input scale / (output scale * count), i32 each. */
export function mean(m: Machine): void {
  var a = m._arena;
  var s = m._step;
  var at = seek(m, s[S_TABLE / 2], 8);
  var multiplier = word(m._bytes, at);
  var shift = word(m._bytes, at + 4);
  var pixel = s[S_IN_CHANNELS / 2];
  var width = s[S_IN_WIDTH / 2];
  var height = s[S_IN_HEIGHT / 2];
  var out = outputRow(s, 0);
  for (var c = 0; c < s[S_OUT_CHANNELS / 2]; c++) {
    var sum = -width * height * s[S_IN_ZERO_POINT / 2];
    for (var y = 0; y < height; y++) {
      at = inputRow(s, y) + c;
      for (var end = at + width * pixel; at < end; at += pixel) sum += a[at];
    }
    a[out + c] = clamp(s, rescale(m, sum, multiplier, shift) + s[S_OUT_ZERO_POINT / 2]);
  }
}

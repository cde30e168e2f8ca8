/**
 * Softmax over the channels of each pixel, in gemmlowp's fixed point. The exponentials depend on max - x alone, which is
 * 0..255, so they come as a table from the file: 256 i32 in Q0.31, zero where TFLite leaves the term out.
 * src/kernels/reference/softmax.ts is the readable form.
 */
import { S_IN_CHANNELS, S_IN_WIDTH, S_TABLE } from '../../format/layout.js';
import { seek, word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { floor, power, TWO_30, TWO_31 } from '../powers.js';
import { rescale } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** exp(-difference) in Q0.31. */
function exponential(m: Machine, difference: number): number {
  return word(m._bytes, seek(m, m._step[S_TABLE / 2] + 4 * difference, 4));
}

/** value * factor kept within int32. */
function saturate(value: number): number {
  return value >= TWO_31 ? TWO_31 - 1 : value < -TWO_31 ? -TWO_31 : value;
}

/** 1 / (1 + f) for f in [0, 1), Q0.31, by three steps of Newton-Raphson from 48/17 - 32/17 d, d = (1 + f) / 2. */
function oneOverOnePlus(m: Machine, f: number): number {
  var halved = floor((f + TWO_31) / 2);
  // Q2.29. With shift 0 rescale is the product of two Q0.31 numbers, rounded.
  var x = 1515870810 + rescale(m, halved, -1010580540, 0);
  for (var i = 0; i < 3; i++) x += saturate(4 * rescale(m, x, TWO_30 / 2 - rescale(m, halved, x, 0), 0));
  // Q2.29 to Q0.31, halved: 1 / (2 d)
  return saturate(2 * x);
}

export function softmax(m: Machine, first: number, rows: number): void {
  var a = m._arena;
  var s = m._step;
  var channels = s[S_IN_CHANNELS / 2];
  for (var y = first; y < first + rows; y++) {
    var from = inputRow(s, y);
    var to = outputRow(s, y);
    for (var x = 0; x < s[S_IN_WIDTH / 2]; x++) {
      var c: number;
      var largest = -128;
      for (c = 0; c < channels; c++) if (a[from + c] > largest) largest = a[from + c];
      // Sum in Q12.19.
      var sum = 0;
      for (c = 0; c < channels; c++) sum += (exponential(m, largest - a[from + c]) + 2048) >> 12;
      // sum = 2^(12 - headroom) * (1 + f), 0 <= f < 1
      var divisor = power(35);
      while (sum > 0 && sum < TWO_31) {
        sum *= 2;
        divisor /= 2;
      }
      var scale = oneOverOnePlus(m, sum - TWO_31);
      for (c = 0; c < channels; c++) {
        var product = rescale(m, exponential(m, largest - a[from++]), scale, 0);
        product = floor((product + divisor / 2) / divisor);
        a[to++] = product > 255 ? 127 : product - 128;
      }
    }
  }
}

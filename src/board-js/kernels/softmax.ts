/**
 * Softmax over the channels of each pixel, in gemmlowp's fixed point. The exponentials depend on max - x alone, which is
 * 0..255, so they come as a table from the file: 256 i32 in Q0.31, zero where TFLite leaves the term out.
 * src/kernels/reference/softmax.ts is the readable form.
 */
import { S_IN_CHANNELS, S_IN_WIDTH, S_TABLE } from '../../format/layout.js';
import { word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { floor, power, TWO_30, TWO_31 } from '../powers.js';
import { rescale } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** exp(-difference) in Q0.31. */
function exponential(m: Machine, difference: number): number {
  return word(m, m._step[S_TABLE / 2] + 4 * difference);
}

/** 1 / (1 + f) for f in [0, 1), Q0.31, by three steps of Newton-Raphson from 48/17 - 32/17 d, d = (1 + f) / 2. */
function oneOverOnePlus(m: Machine, f: number): number {
  const halved = floor((f + TWO_31) / 2);
  // Q2.29. With shift 0 rescale is the product of two Q0.31 numbers, rounded.
  let x = 1515870810 + rescale(m, halved, -1010580540, 0);
  for (let i = 0; i < 3; i++) x += 4 * rescale(m, x, TWO_30 / 2 - rescale(m, halved, x, 0), 0);
  // Q2.29 to Q0.31, halved: 1 / (2 d)
  return x < TWO_30 ? 2 * x : TWO_31 - 1;
}

export function softmax(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const channels = s[S_IN_CHANNELS / 2];
  for (let y = first; y < first + rows; y++) {
    let from = inputRow(m, y);
    let to = outputRow(m, y);
    for (let x = 0; x < s[S_IN_WIDTH / 2]; x++) {
      let largest = -128;
      for (let c = 0; c < channels; c++) if (a[from + c] > largest) largest = a[from + c];
      // Sum in Q12.19.
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += floor((exponential(m, largest - a[from + c]) + 2048) / 4096);
      // sum = 2^(12 - headroom) * (1 + f), 0 <= f < 1
      let divisor = power(35);
      while (sum > 0 && sum < TWO_31) {
        sum *= 2;
        divisor /= 2;
      }
      const scale = oneOverOnePlus(m, sum - TWO_31);
      for (let c = 0; c < channels; c++) {
        let product = rescale(m, exponential(m, largest - a[from++]), scale, 0);
        product = floor((product + divisor / 2) / divisor);
        a[to++] = product > 255 ? 127 : product - 128;
      }
    }
  }
}

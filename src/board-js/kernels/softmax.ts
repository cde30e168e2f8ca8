/**
 * Softmax over the channels of each pixel, in gemmlowp's fixed point. The exponentials depend on max - x alone, which is
 * 0..255, so they come as a table from the file: 256 i32 in Q0.31, zero where TFLite leaves the term out.
 * src/kernels/reference/softmax.ts is the readable form.
 */
import { S_IN_CHANNELS, S_IN_WIDTH, S_TABLE } from '../../program/layout.js';
import { word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { floor, TWO_30, TWO_31 } from '../powers.js';
import { rescale } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

export function softmax(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const table = s[S_TABLE / 2];
  const channels = s[S_IN_CHANNELS / 2];
  for (let y = first; y < first + rows; y++) {
    let from = inputRow(m, y);
    let to = outputRow(m, y);
    for (let x = 0; x < s[S_IN_WIDTH / 2]; x++) {
      let largest = -128;
      for (let c = 0; c < channels; c++) if (a[from + c] > largest) largest = a[from + c];
      // Sum in Q12.19.
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += floor((word(m, table + 4 * (largest - a[from + c])) + 2048) / 4096);
      // sum = 2^(12 - headroom) * (1 + f), 0 <= f < 1
      let divisor = 32 * TWO_30;
      while (sum > 0 && sum < TWO_31) {
        sum *= 2;
        divisor /= 2;
      }
      // 1 / (1 + f), Q0.31, by three steps of Newton-Raphson from 48/17 - 32/17 d, d = (1 + f) / 2. Q2.29; with shift 0
      // rescale is the product of two Q0.31 numbers, rounded.
      const halved = floor(sum / 2);
      let scale = 1515870810 + rescale(m, halved, -1010580540, 0);
      for (let i = 0; i < 3; i++) scale += 4 * rescale(m, scale, TWO_30 / 2 - rescale(m, halved, scale, 0), 0);
      // Q2.29 to Q0.31, halved: 1 / (2 d)
      scale = scale < TWO_30 ? 2 * scale : TWO_31 - 1;
      for (let c = 0; c < channels; c++) {
        let product = rescale(m, word(m, table + 4 * (largest - a[from++])), scale, 0);
        product = floor((product + divisor / 2) / divisor);
        a[to++] = product > 255 ? 127 : product - 128;
      }
    }
  }
}

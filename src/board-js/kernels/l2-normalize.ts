/** Each pixel's channels divided by their Euclidean norm: src/kernels/reference/l2-normalization.ts. */
import {
  S_FLAGS,
  S_IN_CHANNELS,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_OUT_PIXEL_STRIDE,
  STEP_UNSIGNED_ROUNDING,
} from '../../program/layout.js';
import type { Machine } from '../machine.js';
import { floor, max, min, TWO_30, TWO_31 } from '../powers.js';
import { rescale } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

export function l2Normalize(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const channels = s[S_IN_CHANNELS / 2];
  const zero = s[S_IN_ZERO_POINT / 2];
  // With a shift of 0 both ways of rounding are one.
  const high = (x: number, y: number) => rescale(m, x, y, 0);
  for (let y = first; y < first + rows; y++) {
    let from = inputRow(m, y);
    let to = outputRow(m, y);
    for (let x = 0; x < s[S_IN_WIDTH / 2]; x++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += (a[from + c] - zero) * (a[from + c] - zero);
      let shift = 0;
      let root = TWO_31 - 1;
      if (sum > 1) {
        // To Q3.28 in [1/4, 1) by a power of 4, twice that, then five steps of Newton and Raphson from 1.
        root = TWO_30 / 4;
        for (shift = -11; sum >= TWO_30 / 2; shift--) sum = floor(sum / 4);
        for (; sum < TWO_30 / 8; shift++) sum *= 4;
        const half = (sum / 2 + 1) >> 1;
        for (let i = 0; i < 5; i++) {
          root = (high(TWO_30 * 0.375, root) - high(half, high(high(root, root), root) << 6)) << 3;
        }
        root = high(root, 1518500250);
        for (; shift > 0; shift--) root *= 2;
      }
      for (let c = 0; c < channels; c++) {
        let value = a[from + c] - zero;
        if (s[S_FLAGS / 2] & STEP_UNSIGNED_ROUNDING) {
          value = high(value << 7, root);
          if (shift) value = (value + (1 << (-shift - 1)) + (value >> 31)) >> -shift;
        } else value = rescale(m, value, root, shift + 7);
        a[to + c] = max(-128, min(127, value));
      }
      from += channels;
      to += s[S_OUT_PIXEL_STRIDE / 2];
    }
  }
}

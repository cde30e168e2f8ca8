/** Kernels that move bytes and compute nothing: GATHER by lists of indices, PERMUTE by loops. */
import {
  MOST_LOOPS,
  NOTHING,
  S_CLAMP_LOW,
  S_IN_CHANNELS,
  S_OUT_CHANNELS,
  S_OUT_CHUNK,
  S_OUT_HEIGHT,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_TABLE,
} from '../../program/layout.js';
import { word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { min } from '../powers.js';
import { inputRow, outputRow } from './rows.js';

/** Table: input rows, input pixels, runs of a pixel's bytes (KIND_GATHER). */
export function gather(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const table = s[S_TABLE / 2];
  const columns = table + 2 * s[S_OUT_HEIGHT / 2];
  for (let y = first; y < first + rows; y++) {
    const row = word(m, table + 2 * y) & NOTHING;
    const from = inputRow(m, row);
    let to = outputRow(m, y);
    for (let x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
      const column = row === NOTHING ? row : word(m, columns + 2 * x) & NOTHING;
      let run = columns + 2 * s[S_OUT_WIDTH / 2];
      let left = 0;
      let at = 0;
      for (let c = 0; c < s[S_OUT_CHANNELS / 2]; c++) {
        if (!left) {
          const entry = word(m, run);
          run += 4;
          left = entry >>> 16;
          at =
            column === NOTHING || (entry & NOTHING) === NOTHING
              ? -1
              : from + column * s[S_IN_CHANNELS / 2] + (entry & NOTHING);
        }
        left--;
        a[to + c] = at < 0 ? s[S_CLAMP_LOW / 2] : a[at++];
      }
      to += s[S_OUT_PIXEL_STRIDE / 2];
    }
  }
}

/** Table: count, input rows and input bytes of each loop, the last of which runs fastest (KIND_PERMUTE). */
export function permute(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const channels = s[S_OUT_CHANNELS / 2];
  const bytes = s[S_OUT_WIDTH / 2] * channels;
  const table = s[S_TABLE / 2];
  const last = min(s[S_OUT_CHUNK / 2], MOST_LOOPS) - 1;
  const count = word(m, table + 12 * last);
  for (let y = first; y < first + rows; y++) {
    let to = outputRow(m, y);
    for (let i = 0; i < bytes; ) {
      let position = y * bytes + i;
      let row = 0;
      let at = 0;
      let done = 0;
      for (let loop = 0; loop <= last; loop++) {
        const entry = table + 12 * (last - loop);
        const rest = (position / word(m, entry)) | 0;
        const digit = position - rest * word(m, entry);
        if (!loop) done = digit;
        row += digit * word(m, entry + 4);
        at += digit * word(m, entry + 8);
        position = rest;
      }
      // The rest of the innermost loop, or of the pixel.
      let n = min(count - done, channels - (i % channels));
      do {
        a[to++] = a[inputRow(m, row) + at];
        row += word(m, table + 12 * last + 4);
        at += word(m, table + 12 * last + 8);
        i++;
      } while (--n > 0);
      if (i % channels === 0) to += s[S_OUT_PIXEL_STRIDE / 2] - channels;
    }
  }
}

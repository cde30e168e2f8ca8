/** Where rows stand in the arena. */
import { S_IN_ADDRESS, S_IN_HEIGHT, S_IN_STRIDE, S_OUT_ADDRESS, S_OUT_STRIDE } from '../../format/layout.js';

/** Index of input row y; -1 where it is padding. */
export function inputRow(s: Int32Array, y: number): number {
  if (y < 0 || y >= s[S_IN_HEIGHT / 2]) return -1;
  return s[S_IN_ADDRESS / 2] + y * s[S_IN_STRIDE / 2];
}

/** Index of output row y. */
export function outputRow(s: Int32Array, y: number): number {
  return s[S_OUT_ADDRESS / 2] + y * s[S_OUT_STRIDE / 2];
}

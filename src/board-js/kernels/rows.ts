/** Where rows stand in the arena. */
import {
  S_IN_ADDRESS,
  S_IN_HEIGHT,
  S_IN_ROWS,
  S_IN_STRIDE,
  S_IN2_ADDRESS,
  S_OUT_ADDRESS,
} from '../../program/layout.js';
import { word } from '../bytes.js';
import type { Machine } from '../machine.js';

/** Entry y of the file's row table at `table`, in bytes. */
export function rowOffset(m: Machine, table: number, y: number): number {
  return (word(m, table + 2 * y) & 65535) << m._rowShift;
}

/** Index of row y of a tensor, given its first field; all tensors have theirs in the order of the input's. */
function rowOf(m: Machine, tensor: number, y: number): number {
  const s = m._step;
  const table = s[tensor + (S_IN_ROWS - S_IN_ADDRESS) / 2];
  return s[tensor] + (table ? rowOffset(m, table, y) : y * s[tensor + (S_IN_STRIDE - S_IN_ADDRESS) / 2]);
}

/** Index of input row y; -1 where it is padding. */
export function inputRow(m: Machine, y: number): number {
  return y < 0 || y >= m._step[S_IN_HEIGHT / 2] ? -1 : rowOf(m, S_IN_ADDRESS / 2, y);
}

/** Index of row y of the second input of a sum. */
export function secondInputRow(m: Machine, y: number): number {
  return rowOf(m, S_IN2_ADDRESS / 2, y);
}

/** Index of output row y. */
export function outputRow(m: Machine, y: number): number {
  return rowOf(m, S_OUT_ADDRESS / 2, y);
}

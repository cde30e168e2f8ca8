/**
 * Rows, pixels and channels of a map by three lists of indices:
 *
 *   out[y, x, c] = in[rows[y], columns[x], channels[c]], or `fill` where one of them is none
 *
 * What slices, paddings, mirrors, reversals and nearest neighbours have in common.
 */
import type { Bytes } from './bytes.js';

/** Values that are moved and not looked at. */
export type Moved = Bytes | Int32Array | Float32Array;

export interface GatherParameters {
  inputWidth: number;
  inputChannels: number;
  rows: ArrayLike<number>;
  columns: ArrayLike<number>;
  channels: ArrayLike<number>;
  /** The index that is none, and the byte it stands for. */
  none: number;
  fill: number;
}

export function gather(input: Moved, output: Moved, p: GatherParameters): void {
  let at = 0;
  for (const row of Array.from(p.rows)) {
    for (const column of Array.from(p.columns)) {
      for (const channel of Array.from(p.channels)) {
        const isNone = [row, column, channel].includes(p.none);
        output[at++] = isNone ? p.fill : input[(row * p.inputWidth + column) * p.inputChannels + channel];
      }
    }
  }
}

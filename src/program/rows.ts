/** Buffers as rows: the unit in which linear memory is handed out. */

import type { View } from './program.js';

/** How a buffer is cut. A buffer that steps see in different shapes is one row. */
export interface RowShape {
  rows: number;
  rowBytes: number;
}

/** Offset in the arena of each row of a view, from the offsets of its buffer's rows. */
export function viewRows(view: View, shape: RowShape, offsets: readonly number[]): number[] {
  const rows = Array.from({ length: view.height }, (_, y) => y);
  if (shape.rows === 1) return rows.map((y) => offsets[0] + view.offset + y * view.rowStride);
  const [above, inside] = [Math.floor(view.offset / shape.rowBytes), view.offset % shape.rowBytes];
  return rows.map((y) => offsets[above + y] + inside);
}

/** Distance between neighbouring rows; undefined unless all are equal and ascending. `usual` for a single row. */
export function commonStride(rows: readonly number[], usual: number): number | undefined {
  if (rows.length === 1) return usual;
  const stride = rows[1] - rows[0];
  return stride > 0 && rows.every((row, y) => row === rows[0] + y * stride) ? stride : undefined;
}

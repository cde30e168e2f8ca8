/** Which rows buffers are cut into, and which of them steps read. */

import type { Program, Step, View } from '../program/program.js';
import type { RowShape } from '../program/rows.js';
import { kindOf } from '../steps/index.js';

/** The shape of every buffer, by index. */
export function rowShapes(program: Program): RowShape[] {
  const strides = program.buffers.map(() => new Set<number>());
  const see = (view: View) => strides[view.buffer].add(view.rowStride);
  // Ports do not count: they are contiguous, however they are cut, or handed over in the rows that steps read.
  for (const step of program.steps) for (const view of viewsOf(step)) see(view);
  return program.buffers.map(({ bytes }, index) => {
    const [rowBytes] = strides[index];
    const regular = strides[index].size === 1 && bytes % rowBytes === 0;
    return regular ? { rows: bytes / rowBytes, rowBytes } : { rows: 1, rowBytes: bytes };
  });
}

const viewsOf = ({ input, input2, output }: Step): View[] => (input2 ? [input, input2, output] : [input, output]);

/** Rows [first, end) of the buffer that rows [first, end) of a view touch. */
export function bufferRows(view: View, shape: RowShape, first: number, end: number): [first: number, end: number] {
  if (shape.rows === 1) return [0, 1];
  const above = Math.floor(view.offset / shape.rowBytes);
  return [above + first, above + end];
}

/** Whether output rows need only some of the input rows. */
export const isStreamed = (step: Step): boolean => kindOf(step).inputRows !== undefined;

/**
 * Rows [first, end) of an input that output rows [first, end) of a step are computed from; padding left out. An operand that is
 * spread over rows, in which it differs from the first input, is needed as a whole.
 */
export function inputRows(step: Step, view: View, first: number, end: number): [first: number, end: number] {
  if (view.height !== step.input.height) return [0, view.height];
  return kindOf(step).inputRows?.(step, first, end) ?? [0, view.height];
}

/** Which rows of earlier steps the tasks of a step wait for: what makes an order of tasks a right one. */

import type { Program, Step, View } from '../program/program.js';
import type { RowShape } from '../program/rows.js';
import { bufferRows, inputRows, rowShapes } from './rows.js';

/** A step that comes before another one in the program, and what of it must be done before a task of that one. */
export interface Dependency {
  step: number;
  /** Output rows of it that must be done before output rows up to `end` of the other are computed. */
  rows(end: number): number;
}

/** A program as its tasks see it: rows, and what they wait for. */
export interface Network {
  program: Program;
  /** Row shape of every buffer. */
  shapes: RowShape[];
  /** Rows of the model's first input that arrive one by one; 0 where it is resident. */
  feed: number;
  /** Dependencies of every step. */
  dependencies: Dependency[][];
  /** For every step that reads the input as it arrives: rows of it that output rows up to `end` need. */
  feeds: Map<number, (end: number) => number>;
}

export function network(program: Program, isFed: boolean): Network {
  const shapes = rowShapes(program);
  const input = program.inputs[0].view.buffer;
  const feed = isFed ? shapes[input].rows : 0;
  const feeds: Network['feeds'] = new Map();
  for (const [index, step] of feed > 0 ? program.steps.entries() : []) {
    if (viewsRead(step).some(({ buffer }) => buffer === input))
      feeds.set(index, (end) => Math.min(feed, rowsRead(step, input, end, shapes)));
    // Who comes later reads what this one has written there.
    if (step.output.buffer === input) break;
  }
  return { program, shapes, feed, dependencies: dependencies(program, shapes), feeds };
}

function dependencies({ steps }: Program, shapes: readonly RowShape[]): Dependency[][] {
  return steps.map((step, index) => {
    const read = new Set(viewsRead(step).map(({ buffer }) => buffer));
    return steps.slice(0, index).flatMap((earlier, before): Dependency[] => {
      const { height, buffer } = earlier.output;
      if (read.has(buffer)) {
        const above = shapes[buffer].rows === 1 ? 0 : bufferRows(earlier.output, shapes[buffer], 0, 0)[0];
        const rows = (end: number) => Math.min(height, Math.max(0, rowsRead(step, buffer, end, shapes) - above));
        return [{ step: before, rows: shapes[buffer].rows === 1 ? () => height : rows }];
      }
      // Nor is anything written over before it has been read.
      const isRead = viewsRead(earlier).some((view) => view.buffer === step.output.buffer);
      return isRead ? [{ step: before, rows: () => height }] : [];
    });
  });
}

export const viewsRead = ({ input, input2 }: Step): View[] => (input2 ? [input, input2] : [input]);

/** The end of the rows of a buffer that a step's output rows up to `end` are computed from. */
function rowsRead(step: Step, buffer: number, end: number, shapes: readonly RowShape[]): number {
  return viewsRead(step)
    .filter((view) => view.buffer === buffer)
    .reduce(
      (rows, view) => Math.max(rows, bufferRows(view, shapes[buffer], 0, inputRows(step, view, 0, end)[1])[1]),
      0,
    );
}

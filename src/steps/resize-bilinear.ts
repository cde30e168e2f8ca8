/** An output pixel from the four input pixels around its place, by their distance in 1/1024 pixel. */

import { type Step, viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { StepKind } from './kind.js';
import { PLAIN, valuesMoved } from './plain.js';

/**
 * Table of rows, then of columns: distance of two output pixels and place of the first, in 1/1024 input pixel, i32
 * each.
 */
const TABLE_BYTES = 16;
const UNIT = 1024;
/** wasm3 ops of an output value, and of a pixel's place. */
const VALUE_OPS = 50;
const PIXEL_OPS = 100;

export const resizeBilinear: StepKind = {
  ...PLAIN,
  name: 'resize bilinear',
  full: true,
  inputRows,
  scratch: () => TABLE_BYTES,
  ops: ({ output }, rows) =>
    100 * Math.ceil(output.height / rows) + output.height * output.width * (PIXEL_OPS + VALUE_OPS * output.channels),
  check,
  work: ({ output }) => ({ poolValue: 4 * viewSize(output), poolOutput: viewSize(output) }),
};

function inputRows({ input, table }: Step, first: number, end: number): [first: number, end: number] {
  const view = new DataView(table!.buffer, table!.byteOffset);
  const place = (y: number) => y * view.getInt32(0, true) + view.getInt32(4, true);
  const inside = (row: number) => Math.min(input.height - 1, Math.max(0, row));
  return [inside(Math.floor(place(first) / UNIT)), inside(Math.ceil(place(end - 1) / UNIT)) + 1];
}

function check(step: StepCheck): number {
  const { output } = step.record;
  step.shapes((from, to) => from.channels === to.channels);
  const table = step.table(TABLE_BYTES);
  for (const [at, length] of [
    [0, output.height],
    [8, output.width],
  ]) {
    const [distance, start] = [step.file.i32(table + at), step.file.i32(table + at + 4)];
    if (distance < 0 || Math.abs(start) + (length - 1) * distance >= 2 ** 30) {
      step.refuse(`places ${distance} apart from ${start} on`, 'them to ascend, below 2^30');
    }
  }
  return valuesMoved(step);
}

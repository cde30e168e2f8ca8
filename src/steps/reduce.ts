/**
 * Any of height, width and channels reduced to one value: the rescaled sum, the greatest or the least value, or where along an
 * axis that stands. Which axes is seen from the shapes: those along which the output has length 1.
 */

import { STEP_GREATEST, STEP_LEAST } from '../program/layout.js';
import { type Step, viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { StepKind } from './kind.js';
import { PLAIN, valuesMoved, windowRows } from './plain.js';

/** Multiplier and shift of a sum, i32 each, read into scratch. */
const TABLE_BYTES = 8;
const SHIFT = 4;
/** Bytes of a value, and of an int32 and an int64 index. */
const RESULT_BYTES = [1, 4, 8];
/** wasm3 ops of a value that is looked at, and of a result. */
const VALUE_OPS = 9;
const RESULT_OPS = 110;

export const reduce: StepKind = {
  ...PLAIN,
  name: 'reduce',
  full: true,
  inputRows: (step, first, end) =>
    step.output.height === step.input.height ? windowRows(step, first, end) : [0, step.input.height],
  scratch: () => TABLE_BYTES,
  ops: ({ input, output }: Step, rows) =>
    100 * Math.ceil(output.height / rows) + VALUE_OPS * viewSize(input) + RESULT_OPS * viewSize(output),
  check,
  work: ({ input, output }) => ({ meanValue: viewSize(input), meanOutput: viewSize(output) }),
};

function check(step: StepCheck): number {
  const { flags, depthMultiplier: bytes } = step.record;
  const kept = (from: number, to: number) => to === from || to === 1;
  step.shapes(
    (input, output) =>
      kept(input.height, output.height) &&
      kept(input.width, output.width) &&
      (output.channels === bytes * input.channels || output.channels === bytes),
  );
  const extreme = flags & (STEP_GREATEST | STEP_LEAST);
  if (extreme === (STEP_GREATEST | STEP_LEAST)) step.refuse(`flags ${flags}`, 'the greatest or the least value');
  if (!RESULT_BYTES.includes(bytes) || (!extreme && bytes > 1)) {
    step.refuse(`results of ${bytes} bytes`, `${RESULT_BYTES.join(', ')}, and 1 of sums`);
  }
  if (!extreme) step.table(TABLE_BYTES, [SHIFT]);
  return valuesMoved(step);
}

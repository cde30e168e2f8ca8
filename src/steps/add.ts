/** The sum of two tensors, value by value. */

import { S_IN2_ADDRESS, S_IN2_ROWS, S_IN2_STRIDE } from '../program/layout.js';
import { viewSize } from '../program/program.js';
import type { StepKind } from './kind.js';
import { PLAIN, sameShape, valueByValue, valuesMoved, windowRows } from './plain.js';

/** Multiplier and shift, i32 each, of both inputs and the output, read into scratch. */
const TABLE_BYTES = 24;
const SHIFTS = [4, 12, 20];

export const add: StepKind = {
  ...PLAIN,
  name: 'add',
  ops: ({ output }, rows) => 100 * Math.ceil(output.height / rows) + 160 * viewSize(output),
  inputRows: windowRows,
  worksInPlace: valueByValue,
  scratch: () => TABLE_BYTES,
  check: (step) => {
    step.rows('input', step.record.input, S_IN2_ADDRESS, S_IN2_STRIDE, S_IN2_ROWS);
    sameShape(step);
    step.table(TABLE_BYTES, SHIFTS);
    return valuesMoved(step);
  },
  work: ({ output }) => ({ add: viewSize(output) }),
};

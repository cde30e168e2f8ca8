/** The mean of each channel over all pixels. */

import { viewSize } from '../program/program.js';
import type { StepKind } from './kind.js';
import { PLAIN, valuesMoved } from './plain.js';

/** Multiplier and shift, i32 each, read into scratch. */
const TABLE_BYTES = 8;
const SHIFT = 4;

export const mean: StepKind = {
  ...PLAIN,
  name: 'mean',
  scratch: () => TABLE_BYTES,
  check: (step) => {
    step.shapes((input, output) => output.height * output.width === 1 && output.channels === input.channels);
    step.table(TABLE_BYTES, [SHIFT]);
    return valuesMoved(step);
  },
  work: ({ input, output }) => ({ meanValue: viewSize(input), meanOutput: viewSize(output) }),
};

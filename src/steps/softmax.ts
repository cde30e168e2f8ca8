/** Softmax over the channels of each pixel. */

import { viewSize } from '../program/program.js';
import type { StepKind } from './kind.js';
import { PLAIN, sameShape, valuesMoved } from './plain.js';

/** exp() of every difference of two bytes, i32 each, read into scratch. */
const TABLE_BYTES = 4 * 256;

export const softmax: StepKind = {
  ...PLAIN,
  name: 'softmax',
  scratch: () => TABLE_BYTES,
  check: (step) => {
    sameShape(step);
    step.table(TABLE_BYTES);
    return valuesMoved(step);
  },
  work: ({ output }) => ({ softmax: viewSize(output) }),
};

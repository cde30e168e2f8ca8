/** Each byte with its top bit flipped: uint8 to int8 and back. */

import { viewSize } from '../program/program.js';
import type { StepKind } from './kind.js';
import { NO_SCRATCH, PLAIN, sameShape, valueByValue, valuesMoved, windowRows } from './plain.js';

export const flip: StepKind = {
  ...PLAIN,
  name: 'uint8/int8',
  inputRows: windowRows,
  worksInPlace: valueByValue,
  scratch: NO_SCRATCH,
  check: (step) => {
    sameShape(step);
    return valuesMoved(step);
  },
  work: ({ output }) => ({ flip: viewSize(output) }),
};

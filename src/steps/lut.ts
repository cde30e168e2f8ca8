/** Each byte through a table. */

import { viewSize } from '../program/program.js';
import type { StepKind } from './kind.js';
import { PLAIN, sameShape, valueByValue, valuesMoved, windowRows } from './plain.js';

/** A byte for each, read into scratch. */
const TABLE_BYTES = 256;

export const lut: StepKind = {
  ...PLAIN,
  name: 'table',
  inputRows: windowRows,
  worksInPlace: valueByValue,
  scratch: () => TABLE_BYTES,
  check: (step) => {
    sameShape(step);
    step.table(TABLE_BYTES);
    return valuesMoved(step);
  },
  work: ({ output }) => ({ tablePixel: output.height * output.width, table: viewSize(output) }),
};

/** Softmax over the channels of each pixel, row by row: a map streams through, and is written where it was read. */

import type { StepKind } from './kind.js';
import { valueByValue, windowRows } from './plain.js';
import { softmax } from './softmax.js';

export const softmaxRows: StepKind = {
  ...softmax,
  full: true,
  inputRows: windowRows,
  worksInPlace: valueByValue,
};

/** Depthwise convolution of columns, all tasks of which are of one row: planned as one of any rows, written as its own kind. */

import { checkDepthwise, depthwise } from './depthwise.js';
import type { StepKind } from './kind.js';

export const depthwiseRow: StepKind = {
  ...depthwise,
  singleRows: true,
  check: (step) => checkDepthwise(step, true),
};

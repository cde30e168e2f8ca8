/** Shared by average and max pools: windows over one channel each, without weights. */

import { viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { StepKind } from './kind.js';
import { NO_SCRATCH, PLAIN, windowRows } from './plain.js';

export const POOL: Omit<StepKind, 'name'> = {
  ...PLAIN,
  inputRows: windowRows,
  scratch: NO_SCRATCH,
  check,
  work: ({ window, output }) => ({
    poolValue: viewSize(output) * window.kernelH * window.kernelW,
    poolOutput: viewSize(output),
  }),
};

/** Every window covers a pixel of the input: the mean of none does not exist. */
function check(step: StepCheck): number {
  const { window, input, output } = step.record;
  const { kernelH, kernelW, strideH, strideW, padTop, padLeft } = window;
  step.shapes((from, to) => from.channels === to.channels);
  step.kernel();
  const lastRow = (output.height - 1) * strideH - padTop;
  const lastColumn = (output.width - 1) * strideW - padLeft;
  if (padTop >= kernelH || lastRow >= input.height || padLeft >= kernelW || lastColumn >= input.width) {
    step.refuse(`windows of ${kernelH}x${kernelW} beside the input`, 'each on at least one pixel');
  }
  return viewSize(output) * Math.min(kernelH, input.height) * Math.min(kernelW, input.width);
}

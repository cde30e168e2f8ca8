/** Depthwise convolution: a window over one input channel each. */

import {
  KIND_DEPTHWISE_ROW,
  S_BLOCKS,
  S_WINDOW,
  SCRATCH_COLUMN,
  STEP_COLUMNS,
  STEP_GENERAL_REQUANTIZE,
  STEP_THREE_BY_THREE,
} from '../program/layout.js';
import type { Step, Window } from '../program/program.js';
import { viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { DerivedNeeds, ScratchNeeds, StepKind } from './kind.js';
import { windowRows } from './plain.js';
import type { StepRecord } from './record.js';
import { CHANNEL_BYTES, COLUMN_ROWS } from './sizes.js';
import type { Work } from './work.js';

/** The kernel's work per channel pays off over several times its three rows. */
const BLOCK_ROWS = 24;
/** Addresses of seven input and three output rows for every three output rows. */
const ADDRESS_BYTES = 40;

export const depthwise: StepKind = {
  name: 'depthwise',
  inputRows: windowRows,
  clamps: () => true,
  scratch: (step, rows) => depthwiseLayout(step).blocks + Math.ceil(rows / COLUMN_ROWS) * ADDRESS_BYTES,
  worksInPlace,
  ops,
  blockRows: () => BLOCK_ROWS,
  // It works in place as a whole or row by row.
  blocks: [255, 1],
  singleRowKind: ({ flags, output }) => (flags & STEP_COLUMNS && output.height > 1 ? KIND_DEPTHWISE_ROW : undefined),
  weightsPerOutput: (window) => window,
  derived,
  check: (step) => checkDepthwise(step, false),
  work,
  jsWork: ({ macs }) => ({ depthwiseMac: macs }),
};

/** S_WINDOW and S_BLOCKS, as bytes from scratch's first. */
function depthwiseLayout({ outChunk, window, input }: ScratchNeeds): { window: number; blocks: number } {
  // The raw table goes where the weights will be: nine bytes per channel are enough for any kernel of nine taps.
  const weights = outChunk * Math.max(CHANNEL_BYTES, window.kernelH * window.kernelW);
  const padding = 3 * SCRATCH_COLUMN + weights;
  return { window: padding, blocks: Math.ceil((padding + input.width * input.channels) / 4) * 4 };
}

function derived(step: DerivedNeeds, scratchAddress: number): [field: number, value: number][] {
  const { window, blocks } = depthwiseLayout(step);
  return [
    [S_WINDOW, scratchAddress + window],
    [S_BLOCKS, scratchAddress + blocks],
  ];
}

/** Windows that the kernels for 3x3 take. */
const isThreeByThree = ({ kernelH, kernelW, strideH, strideW, padLeft }: Window): boolean =>
  kernelH === 3 && kernelW === 3 && strideH === strideW && strideH <= 2 && padLeft <= 1;

/**
 * The 3x3 kernels read a byte's column before they write there, where both rows start at the same address; and rows from
 * above to below.
 */
function worksInPlace({ flags, window, depthMultiplier, input, output }: Step): boolean {
  if (flags & STEP_GENERAL_REQUANTIZE) return false;
  const alike = input.pixelStride === output.pixelStride && output.rowStride <= input.rowStride;
  return isThreeByThree(window) && alike && depthMultiplier === 1 && output.offset % output.rowStride === 0;
}

function ops({ output, window }: Step, rows: number): number {
  const tasks = Math.ceil(output.height / rows);
  const one = window.strideW === 1;
  if (rows === 1) return tasks * (200 + output.channels * (190 + (one ? 68 : 94) * output.width));
  const column = one ? 97 : 148;
  const blocks = Math.ceil(rows / COLUMN_ROWS);
  return tasks * (200 + output.channels * (110 + blocks * (140 + column * output.width)));
}

/** @param singleRows the kernel is the one for single rows, which has columns only. */
export function checkDepthwise(step: StepCheck, singleRows: boolean): number {
  const { window, input, flags, depthMultiplier } = step.record;
  const { kernelH, kernelW } = window;
  step.shapes((from, to) => to.channels === from.channels * depthMultiplier);
  const macs = step.weights(kernelH * kernelW);
  const columns = (flags & STEP_COLUMNS) !== 0;
  if (singleRows && !columns) step.refuse(`flags ${flags}`, 'those of the kernel for single rows');
  if (columns && input.width < 2) step.refuse('the column kernel for one column', 'two at least');
  if ((columns || flags & STEP_THREE_BY_THREE) && !(isThreeByThree(window) && depthMultiplier === 1)) {
    const expected = '3x3, one stride of 1 or 2, at most 1 padding left';
    step.refuse(`the column kernel for ${kernelH}x${kernelW} windows`, expected);
  }
  step.follows(derived);
  return macs;
}

function work({ flags, window, output }: StepRecord, tasks: readonly number[]): Work {
  const outputs = viewSize(output);
  const depthwiseRecord = tasks.length * output.channels;
  if (flags & STEP_COLUMNS) {
    const depthwiseRow = output.height * output.channels;
    return { [window.strideW === 1 ? 'depthwiseStride1' : 'depthwiseStride2']: outputs, depthwiseRow, depthwiseRecord };
  }
  return {
    depthwiseMac: outputs * window.kernelH * window.kernelW,
    depthwiseOutput: outputs,
    depthwiseGeneral: flags & STEP_GENERAL_REQUANTIZE ? outputs : 0,
    depthwiseRecord,
  };
}

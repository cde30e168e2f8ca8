/** Convolution: windows over all input channels. */

import {
  FINISHED_PIXEL,
  MOST_K,
  S_ACCUMULATORS,
  S_K,
  S_RUN,
  S_RUN_PIXELS,
  S_WINDOW,
  S_WINDOW_ROW,
  SCRATCH_FINISHED,
  SCRATCH_WORDS,
  STEP_GENERAL_REQUANTIZE,
  STEP_SPLIT_LANES,
} from '../program/layout.js';
import type { Step } from '../program/program.js';
import { viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { DerivedNeeds, ScratchNeeds, StepKind } from './kind.js';
import { windowRows } from './plain.js';
import type { RecordView, StepRecord } from './record.js';
import { BLOCK_OUTPUTS, BLOCK_PIXELS, GROUP_BYTES, GROUP_PIXELS, K_BLOCK, OVERREAD } from './sizes.js';
import type { Work } from './work.js';

/** Pixels that share one read of weights and tables: a dozen groups of twelve. */
const PIXELS = 144;

export const conv: StepKind = {
  name: 'conv',
  inputRows: windowRows,
  clamps: () => true,
  scratch: (step) => convLayout(step).end + OVERREAD,
  ops,
  blockRows: ({ output }) => Math.max(3, Math.ceil(PIXELS / output.width)),
  joinsRows: true,
  weightsPerOutput: (window, channels) => window * channels,
  derived,
  check,
  work,
  jsWork: ({ macs, outputShape: [height, width, channels] }) => ({
    convMac: macs,
    convOutput: height * width * channels,
  }),
};

/** Derived fields of the record (S_K to S_WINDOW_ROW), addresses as bytes from scratch's first. */
interface ConvLayout {
  k: number;
  run: number;
  /** 0 if windows are single pixels, read where they are. */
  window: number;
  windowRow: number;
  /** 0 if lanes are requantised without them. */
  accumulators: number;
  /** First byte that is not used. */
  end: number;
}

function convLayout({ kChunk, outChunk, flags, window, input, output }: ScratchNeeds): ConvLayout {
  const { kernelH, kernelW, strideH, strideW } = window;
  const { channels } = input;
  const k = kernelH * kernelW * channels;
  // Shapes, not paddings: a folded padding may pad below and to the right only.
  const unpadded = input.height === output.height && input.width === output.width;
  const direct = unpadded && kernelH * kernelW * strideH * strideW === 1;
  const words = Math.max(kChunk * GROUP_BYTES, SCRATCH_FINISHED - SCRATCH_WORDS + GROUP_PIXELS * FINISHED_PIXEL);
  const general = (flags & (STEP_GENERAL_REQUANTIZE | STEP_SPLIT_LANES)) !== 0;
  const accumulators = SCRATCH_WORDS + words;
  const windowAt = accumulators + (general ? outChunk * GROUP_PIXELS * 4 : 0);
  const windowRow = ((Math.min(GROUP_PIXELS, output.width) - 1) * strideW + kernelW) * channels;
  // Rows that a group can touch: it may begin at the last pixel of one.
  const rows = Math.min(output.height, Math.ceil((GROUP_PIXELS - 1) / output.width) + 1);
  return {
    k,
    run: direct ? k : kernelW * channels,
    window: direct ? 0 : windowAt,
    windowRow: direct ? 0 : windowRow,
    accumulators: general ? accumulators : 0,
    end: windowAt + (direct ? 0 : rows * kernelH * windowRow),
  };
}

function derived(step: DerivedNeeds, scratchAddress: number): [field: number, value: number][] {
  const { k, run, window, windowRow, accumulators } = convLayout(step);
  const place = (offset: number) => (offset ? scratchAddress + offset : 0);
  return [
    [S_K, k],
    [S_RUN, run],
    [S_WINDOW, place(window)],
    [S_WINDOW_ROW, windowRow],
    [S_ACCUMULATORS, place(accumulators)],
    [S_RUN_PIXELS, runPixels(window === 0, step.input, step.output)],
  ];
}

/** S_RUN_PIXELS: all pixels where both tensors are without gaps and windows single pixels, or else a row's. */
function runPixels(direct: boolean, input: RecordView, output: RecordView): number {
  const whole = [input, output].every((t) => t.rowStride === t.width * t.pixelStride);
  return direct && whole ? output.width * output.height : output.width;
}

function ops({ input, output, window, flags }: Step, rows: number): number {
  const tasks = Math.ceil(output.height / rows);
  const k = window.kernelH * window.kernelW * input.channels;
  const n = output.channels;
  const joined = window.kernelH * window.kernelW === 1 && rows > 1;
  const groups = joined
    ? Math.ceil((rows * output.width) / GROUP_PIXELS)
    : rows * Math.ceil(output.width / GROUP_PIXELS);
  // One pass of 8 inputs over an output takes about 130 ops for twelve pixels, packing 4 per value, the rest 126 per output.
  const group = (k / K_BLOCK) * n * 130 + 4 * k * GROUP_PIXELS * Math.ceil(n / 64) + 126 * n + 640;
  const general = flags & (STEP_GENERAL_REQUANTIZE | STEP_SPLIT_LANES) ? 86 * n * GROUP_PIXELS : 0;
  const gathered = window.kernelH * window.kernelW === 1 ? 0 : 36 * k;
  return tasks * (groups * (group + general + gathered) + 50 * n + 200);
}

function check(step: StepCheck): number {
  const { window, input, kChunk, laneK } = step.record;
  const macs = step.weights(window.kernelH * window.kernelW * input.channels);
  // Lanes hold whole chunks of K, chunks of K whole blocks of 8.
  if (kChunk === 0 || kChunk % K_BLOCK !== 0 || kChunk > MOST_K) {
    step.refuse(`chunks of ${kChunk} inputs`, `a multiple of ${K_BLOCK}, ${MOST_K} at most`);
  }
  if (laneK === 0 || laneK % kChunk !== 0) step.refuse(`lanes of ${laneK} inputs`, `a multiple of ${kChunk}`);
  step.follows(derived);
  return macs;
}

function work({ flags, output, fields }: StepRecord, tasks: readonly number[]): Work {
  const { width, channels } = output;
  const outputs = viewSize(output);
  const k = fields.u32(S_K);
  const sum = (of: (rows: number) => number) => tasks.reduce((total, rows) => total + of(rows), 0);
  const inBlocks = sum((rows) => Math.ceil((rows * width) / BLOCK_PIXELS));
  const blocks = inBlocks * Math.ceil(channels / BLOCK_OUTPUTS);
  const macs = BLOCK_PIXELS * BLOCK_OUTPUTS * blocks;
  return {
    convMac: macs * (k - (k % K_BLOCK)),
    convRestMac: macs * (k % K_BLOCK),
    convBlock: blocks,
    [flags & STEP_GENERAL_REQUANTIZE ? 'convGeneral' : 'convOutput']: outputs,
    convGathered: fields.u32(S_WINDOW) ? BLOCK_PIXELS * inBlocks * k : 0,
    convWeight: tasks.length * channels * k,
    convGroup: sum((rows) => Math.ceil((rows * width) / GROUP_PIXELS)),
    convRecord: tasks.length * channels,
  };
}

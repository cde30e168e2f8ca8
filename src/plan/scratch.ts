/**
 * Bytes of scratch a step needs: the same terms, in the same order, as the kernels lay it out (src/kernels/wasm/*.ts).
 * Scratch stands at the end of linear memory, so a term that is missing here is a trap there, not a wrong answer.
 */

import {
  FINISHED_PIXEL,
  KIND_ADD,
  KIND_CONV,
  KIND_DEPTHWISE,
  KIND_FULLY_CONNECTED,
  KIND_LUT,
  KIND_MEAN,
  KIND_SOFTMAX,
  SCRATCH_COLUMN,
  SCRATCH_FINISHED,
  SCRATCH_WORDS,
  STEP_GENERAL_REQUANTIZE,
  STEP_SPLIT_LANES,
} from '../program/layout.js';
import type { Step, View, Window } from '../program/program.js';

/** Bytes of a channel in the table that requantisation records are made from. */
const TABLE_BYTES = 9;
/** Four i64: the packed words of one K value. */
const GROUP_BYTES = 32;
const GROUP_PIXELS = 12;
const K_BLOCK = 8;
/** Kernels read up to eight bytes at a time, so up to seven beyond the last one. */
const OVERREAD = 8;

/** What scratch depends on, of a step or of its record in a .dw file. */
export interface ScratchNeeds extends Pick<Step, 'kind' | 'flags' | 'outChunk' | 'kChunk'> {
  window: Pick<Window, 'kernelH' | 'kernelW' | 'strideH' | 'strideW'>;
  input: Pick<View, 'height' | 'width' | 'channels'>;
  output: Pick<View, 'height' | 'width'>;
}

/** @param rows the most output rows that a task of this step computes. */
export function stepScratch(step: ScratchNeeds, rows: number): number {
  switch (step.kind) {
    case KIND_CONV:
      return convolution(step).end + OVERREAD;
    case KIND_FULLY_CONNECTED:
      return SCRATCH_WORDS + step.outChunk * Math.max(K_BLOCK, TABLE_BYTES) + OVERREAD;
    case KIND_DEPTHWISE:
      return depthwise(step).blocks + Math.ceil(rows / BLOCK_ROWS) * BLOCK_BYTES;
    case KIND_LUT:
      return 256;
    case KIND_SOFTMAX:
      return 1024;
    case KIND_ADD:
      return 24;
    case KIND_MEAN:
      return 8;
    default:
      return OVERREAD;
  }
}

/** Derived fields of a convolution's record (S_K to S_WINDOW_ROW), addresses as bytes from scratch's first. */
export interface ConvolutionLayout {
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

export function convolution({ kChunk, outChunk, flags, window, input, output }: ScratchNeeds): ConvolutionLayout {
  const { kernelH, kernelW, strideH, strideW } = window;
  const { channels } = input;
  const k = kernelH * kernelW * channels;
  // Shapes, not paddings: a folded PAD may pad below and to the right only.
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

/** Where the rows of a tensor stand: no common stride where a table says so. */
type Rows = Pick<View, 'height' | 'width' | 'pixelStride' | 'rowStride'>;

/** S_RUN_PIXELS: all pixels where both tensors are without gaps and windows single pixels, or else a row's. */
export function runPixels(direct: boolean, input: Rows, output: Rows): number {
  const whole = [input, output].every((t) => t.rowStride === t.width * t.pixelStride);
  return direct && whole ? output.width * output.height : output.width;
}

/** Addresses of seven input and three output rows for every three output rows. */
const BLOCK_BYTES = 40;
const BLOCK_ROWS = 3;

/** S_WINDOW and S_BLOCKS of a depthwise layer, as bytes from scratch's first. */
export function depthwise({ outChunk, window, input }: ScratchNeeds): { window: number; blocks: number } {
  // The raw table goes where the weights will be: nine bytes per channel are enough for any kernel of nine taps.
  const weights = outChunk * Math.max(TABLE_BYTES, window.kernelH * window.kernelW);
  const padding = 3 * SCRATCH_COLUMN + weights;
  return { window: padding, blocks: Math.ceil((padding + input.width * input.channels) / 4) * 4 };
}

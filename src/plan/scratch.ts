/**
 * Bytes of scratch a step needs: the same terms, in the same order, as the kernels lay it out (src/kernels/wasm/*.ts).
 * Scratch stands at the end of linear memory, so a term that is missing here is a trap there, not a wrong answer.
 */
import type { Step } from '../compile/program.js';
import {
  KIND_ADD,
  KIND_CONV,
  KIND_DEPTHWISE,
  KIND_FULLY_CONNECTED,
  KIND_LUT,
  KIND_MEAN,
  KIND_SOFTMAX,
  STEP_GENERAL_REQUANTIZE,
  STEP_SPLIT_LANES,
} from '../format/layout.js';

/** A requantisation record, and the raw table it is made from. */
const RECORD_BYTES = 16;
const TABLE_BYTES = 9;
/** Four i64: the packed words of one K value, the sums of one output. */
const GROUP_BYTES = 32;
const GROUP_PIXELS = 12;
const K_BLOCK = 8;
/** Kernels read up to eight bytes at a time, so up to seven beyond the last one. */
const OVERREAD = 8;

/** @param rows the most output rows that a task of this step computes. */
export function stepScratch(step: Step, rows: number): number {
  switch (step.kind) {
    case KIND_CONV:
      return convolutionScratch(step) + OVERREAD;
    case KIND_FULLY_CONNECTED:
      return step.outChunk * (4 + RECORD_BYTES + TABLE_BYTES) + OVERREAD;
    case KIND_DEPTHWISE:
      return depthwiseScratch(step, rows);
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

function convolutionScratch({ kChunk, outChunk, flags, window, input, output }: Step): number {
  const offsets = GROUP_BYTES;
  const words = kChunk * GROUP_BYTES;
  const sums = outChunk * GROUP_BYTES;
  const records = outChunk * RECORD_BYTES;
  const weights = (outChunk + 1) * K_BLOCK;
  const accumulators = flags & (STEP_GENERAL_REQUANTIZE | STEP_SPLIT_LANES) ? outChunk * GROUP_PIXELS * 4 : 0;
  const columns = (GROUP_PIXELS - 1) * window.strideW + window.kernelW;
  const unpadded = input.height === output.height && input.width === output.width;
  const direct = unpadded && window.kernelH * window.kernelW * window.strideH * window.strideW === 1;
  const copied = direct ? 0 : window.kernelH * columns * input.channels;
  return offsets + words + sums + records + weights + accumulators + copied;
}

/** Addresses of seven input and three output rows for every three output rows. */
const BLOCK_BYTES = 40;
const BLOCK_ROWS = 3;

function depthwiseScratch({ outChunk, window, input }: Step, rows: number): number {
  // The raw table goes where the weights will be: nine bytes per channel are enough for any kernel of nine taps.
  const weights = outChunk * Math.max(TABLE_BYTES, window.kernelH * window.kernelW);
  const blocks = Math.ceil(rows / BLOCK_ROWS) * BLOCK_BYTES;
  return outChunk * RECORD_BYTES + weights + blocks + input.width * input.channels;
}

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

/** Bias, multiplier, shift (rounded up to four bytes) and the fast path's addend. */
const TABLE_BYTES_PER_CHANNEL = 20;
/** Four i64: the packed words of one K value, the sums of one output. */
const GROUP_BYTES = 32;
const GROUP_PIXELS = 12;
const K_BLOCK = 8;
/** Kernels read up to eight bytes at a time, so up to seven beyond the last one. */
const OVERREAD = 8;

export function stepScratch(step: Step): number {
  switch (step.kind) {
    case KIND_CONV:
      return convolutionScratch(step) + OVERREAD;
    case KIND_FULLY_CONNECTED:
      return step.outChunk * (4 + TABLE_BYTES_PER_CHANNEL + K_BLOCK) + OVERREAD;
    case KIND_DEPTHWISE:
      return (
        step.outChunk * (TABLE_BYTES_PER_CHANNEL + step.window.kernelH * step.window.kernelW) +
        step.input.width * step.input.channels
      );
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

function convolutionScratch({ kChunk, outChunk, flags, window, input }: Step): number {
  const words = kChunk * GROUP_BYTES;
  const sums = outChunk * GROUP_BYTES;
  const table = outChunk * TABLE_BYTES_PER_CHANNEL;
  const weights = (outChunk + 1) * K_BLOCK;
  const accumulators = flags & (STEP_GENERAL_REQUANTIZE | STEP_SPLIT_LANES) ? outChunk * GROUP_PIXELS * 4 : 0;
  const columns = (GROUP_PIXELS - 1) * window.strideW + window.kernelW;
  const direct = window.kernelH * window.kernelW * window.strideH * window.strideW === 1;
  const copied = direct ? 0 : window.kernelH * columns * input.channels;
  return words + sums + table + weights + accumulators + copied;
}

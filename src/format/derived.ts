/**
 * Fields of a step record that follow from others, so that kernels need not work them out again and again. One place says
 * what they are: the writer writes them, and the check of a file that is opened compares them.
 */

import { convolution, depthwise, runPixels, type ScratchNeeds } from '../plan/scratch.js';
import * as L from '../program/layout.js';
import type { View } from '../program/program.js';

/** A tensor as a step record has it; no row stride where a table says where its rows stand. */
export type RecordView = Pick<View, 'height' | 'width' | 'channels' | 'pixelStride' | 'rowStride'>;

export type RecordNeeds = ScratchNeeds & { input: RecordView; output: RecordView };

/** Field (S_*, u32) and value. */
export function derivedFields(step: RecordNeeds, scratchAddress: number): [field: number, value: number][] {
  const place = (offset: number) => (offset ? scratchAddress + offset : 0);
  if (step.kind === L.KIND_DEPTHWISE) {
    const { window, blocks } = depthwise(step);
    return [
      [L.S_WINDOW, place(window)],
      [L.S_BLOCKS, place(blocks)],
    ];
  }
  if (step.kind !== L.KIND_CONV) return [];
  const { k, run, window, windowRow, accumulators } = convolution(step);
  return [
    [L.S_K, k],
    [L.S_RUN, run],
    [L.S_WINDOW, place(window)],
    [L.S_WINDOW_ROW, windowRow],
    [L.S_ACCUMULATORS, place(accumulators)],
    [L.S_RUN_PIXELS, runPixels(window === 0, step.input, step.output)],
  ];
}

/**
 * Roughly what a step costs in wasm3 ops when its tasks compute `rows` rows each: enough to compare plans. What a model
 * really costs is counted in the simulator. Figures: docs/kernels.md.
 */

import { KIND_CONV, KIND_DEPTHWISE } from '../program/layout.js';
import type { Step } from '../program/program.js';

/** Pixels that a convolution works on at a time. */
export const GROUP_PIXELS = 12;

export function estimateOps(step: Step, rows: number): number {
  const tasks = Math.ceil(step.output.height / rows);
  if (step.kind === KIND_CONV) return convolution(step, rows, tasks);
  if (step.kind === KIND_DEPTHWISE) return depthwise(step, rows, tasks);
  return 100 * tasks + 20 * step.output.height * step.output.width * step.output.channels;
}

function convolution({ input, output, window }: Step, rows: number, tasks: number): number {
  const k = window.kernelH * window.kernelW * input.channels;
  const n = output.channels;
  const joined = window.kernelH * window.kernelW === 1 && rows > 1;
  const groups = joined
    ? Math.ceil((rows * output.width) / GROUP_PIXELS)
    : rows * Math.ceil(output.width / GROUP_PIXELS);
  // One pass of 8 inputs over an output takes about 130 ops for twelve pixels, packing 4 per value, the rest 16 per output.
  const group = (k / 8) * n * 130 + 4 * k * GROUP_PIXELS * Math.ceil(n / 64) + 16 * n * GROUP_PIXELS + 300;
  return tasks * (groups * group + 30 * n + 200);
}

function depthwise({ output, window }: Step, rows: number, tasks: number): number {
  const one = window.strideW === 1;
  if (rows === 1) return tasks * (200 + output.channels * (155 + (one ? 68 : 94) * output.width));
  const column = one ? 105 : 150;
  const blocks = Math.ceil(rows / 3);
  return tasks * (200 + output.channels * (60 + blocks * (40 + column * output.width)));
}

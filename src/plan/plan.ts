/** Where everything stands in linear memory, and in which order the rows are computed. */
import type { Program } from '../compile/program.js';
import { STATE_ROWS_DONE } from '../format/layout.js';
import { lifetimes, liveBytes } from './lifetimes.js';
import { arenaBytes, type Placement, place } from './place.js';
import { stepScratch } from './scratch.js';
import { layerTasks, type Task } from './tasks.js';

export interface Plan {
  placements: Placement[];
  tasks: Task[];
  arenaBytes: number;
  /** No placement of whole tensors side by side can be smaller. */
  lowerBoundBytes: number;
  scratchBytes: number;
  /** Of each step. */
  liveBytes: number[];
  /** Step with the most live bytes; -1 in a model without steps. */
  peakStep: number;
  /** Linear memory: state, arena, scratch. */
  stateBytes: number;
  arenaAddress: number;
  scratchAddress: number;
  memoryBytes: number;
}

/** Kernels use 64-bit loads and stores in scratch; aligned ones are faster on many cores. */
const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export function plan(program: Program): Plan {
  const steps = program.steps.length;
  const spans = lifetimes(program);
  const live = liveBytes(spans, steps);
  // Inputs that nothing reads are there before the first step only.
  const inputs = spans.reduce((sum, span) => sum + (span.from < 0 ? span.bytes : 0), 0);
  const lowerBoundBytes = Math.max(inputs, ...live);
  const placements = place(spans, lowerBoundBytes);
  const bytes = arenaBytes(placements);
  const tasks = layerTasks(program);
  const scratchBytes = align8(Math.max(0, ...tasks.map((task) => stepScratch(program.steps[task.step], task.rows))));
  const stateBytes = align8(STATE_ROWS_DONE + 2 * steps);
  const scratchAddress = align8(stateBytes + bytes);
  return {
    placements,
    tasks,
    arenaBytes: bytes,
    lowerBoundBytes,
    scratchBytes,
    liveBytes: live,
    peakStep: live.indexOf(Math.max(...live)),
    stateBytes,
    arenaAddress: stateBytes,
    scratchAddress,
    memoryBytes: scratchAddress + scratchBytes,
  };
}

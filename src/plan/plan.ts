/** Where everything stands in linear memory, and in which order the rows are computed. */

import { BlobView } from '../program/blob-view.js';
import type { FilePlan, MemoryLayout, Task } from '../program/file-plan.js';
import { D_SCRATCH_BYTES } from '../program/head-layout.js';
import { FEED, STATE_ROWS_DONE } from '../program/layout.js';
import type { Program } from '../program/program.js';
import { kindOf } from '../steps/index.js';
import { leastPlan, type RowPlan, streamedPlan } from './least.js';
import { type Lifetime, lifetimes } from './lifetimes.js';
import { arenaBytes, place } from './place.js';
import { rowShapes } from './rows.js';
import { joinTasks } from './schedule.js';
import { layerTasks } from './tasks.js';
import { liveBytes, mostLive, type Timeline } from './timeline.js';

export interface PlanOptions {
  /** fast: whole tensors side by side, big tasks. min: the least RAM, row by row. */
  memory?: 'min' | 'fast';
  /** rows: the host pushes the first input row by row, and never holds all of it. */
  frame?: 'resident' | 'rows';
}

export interface Plan extends FilePlan {
  /** What is live when, in tasks. */
  lives: Timeline;
  /** Bytes that are live before the first task and during each one. */
  live: Float64Array;
  /** Step of each single task. */
  taskSteps: number[];
  /** No placement can be smaller: of whole tensors side by side, or of rows in this order. */
  lowerBoundBytes: number;
  /** Of each step, the most while it works. */
  liveBytes: number[];
  /** Step with the most live bytes; -1 in a model without steps. */
  peakStep: number;
  /** Ops, roughly, and those of the fast plan. */
  estimatedOps: number;
  fastOps: number;
}

/** What the least RAM may cost, in ops of the fast plan, where it can be had for that. */
const MOST_OPS = 1.35;

/** Kernels use 64-bit loads and stores in scratch; aligned ones are faster on many cores. */
const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export function plan(program: Program, { memory = 'fast', frame = 'resident' }: PlanOptions = {}): Plan {
  const rows = frame === 'rows';
  const layers = wholeTensors(program);
  const rowPlan =
    memory === 'min' ? leastPlan(program, rows, MOST_OPS * layers.ops) : rows ? streamedPlan(program) : layers;
  const { tasks, packing, lives, ...laid } = rowPlan;
  const steps = program.steps.length;
  const live = liveBytes(lives);
  const byStep = new Array<number>(steps).fill(0);
  tasks.forEach(({ step }, time) => {
    if (step !== FEED) byStep[step] = Math.max(byStep[step], live[time + 1]);
  });
  return {
    shapes: laid.shapes,
    offsets: packing.offsets,
    feed: laid.feed,
    rowShift: laid.rowShift,
    tasks: joinTasks(tasks),
    lives,
    live: live.subarray(0, tasks.length + 1),
    taskSteps: tasks.map(({ step }) => step),
    lowerBoundBytes: laid.lowerBoundBytes,
    liveBytes: byStep,
    peakStep: byStep.indexOf(Math.max(0, ...byStep)),
    estimatedOps: laid.ops,
    fastOps: layers.ops,
    ...memoryLayout(program, tasks, packing.arenaBytes),
  };
}

/** State, arena, scratch, one behind the other; scratch is what the hungriest task needs, or the head behind the last one. */
export function memoryLayout(
  { steps, head }: Pick<Program, 'steps' | 'head'>,
  tasks: readonly Task[],
  arenaBytes: number,
): MemoryLayout {
  const scratchBytes = align8(
    tasks.reduce(
      (most, { step, rows }) => {
        return step === FEED ? most : Math.max(most, kindOf(steps[step]).scratch(steps[step], rows));
      },
      head ? new BlobView(head).u32(D_SCRATCH_BYTES) : 0,
    ),
  );
  const stateBytes = align8(STATE_ROWS_DONE + 2 * steps.length);
  const scratchAddress = align8(stateBytes + arenaBytes);
  return {
    arenaBytes,
    scratchBytes,
    stateBytes,
    arenaAddress: stateBytes,
    scratchAddress,
    memoryBytes: scratchAddress + scratchBytes,
  };
}

/** Layer after layer, whole tensors side by side. */
function wholeTensors(program: Program): Omit<RowPlan, 'cut'> {
  const shapes = rowShapes(program);
  const tasks = layerTasks(program).flatMap(({ step, rows, repeat }) => {
    const height = program.steps[step].output.height;
    return Array.from({ length: repeat }, (_, i) => ({ step, rows: Math.min(rows, height - i * rows), repeat: 1 }));
  });
  const spans = lifetimes(program);
  const whole = wholeTimeline(program, spans, tasks);
  const lowerBoundBytes = mostLive(whole);
  const placements = place(spans, lowerBoundBytes);
  const starts = program.buffers.map(({ index }) => placements.find(({ buffer }) => buffer === index)?.offset ?? 0);
  const offsets = shapes.map(({ rows, rowBytes }, i) =>
    Array.from({ length: rows }, (_, y) => starts[i] + y * rowBytes),
  );
  const ops = program.steps.reduce(
    (sum, step, i) => sum + kindOf(step).ops(step, tasks.find((task) => task.step === i)!.rows),
    0,
  );
  const packing = { offsets, arenaBytes: arenaBytes(placements) };
  return { shapes, tasks, lives: whole, packing, feed: 0, rowShift: 0, lowerBoundBytes, ops };
}

/** Buffers as one row each: from the first task of the step that writes them to the last one of that which reads them last. */
function wholeTimeline(program: Program, spans: readonly Lifetime[], tasks: readonly Task[]): Timeline {
  const steps = tasks.map(({ step }) => step);
  const lives = program.buffers.map(({ index, bytes }) => {
    const span = spans.find(({ buffer }) => buffer === index);
    const from = span && (span.from < 0 ? -1 : steps.indexOf(span.from));
    const to = span && (span.to < 0 ? -1 : steps.lastIndexOf(span.to));
    return [
      { buffer: index, row: 0, bytes, from: from ?? Number.POSITIVE_INFINITY, to: to ?? Number.NEGATIVE_INFINITY },
    ];
  });
  return { lives, inPlace: [], tasks: tasks.length };
}

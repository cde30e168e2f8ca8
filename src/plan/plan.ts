/** Where everything stands in linear memory, and in which order the rows are computed. */

import type { FilePlan } from '../program/file-plan.js';
import { FEED } from '../program/layout.js';
import type { Program } from '../program/program.js';
import { memoryLayout } from './memory-layout.js';
import { type Memory, Planner } from './planner.js';
import { joinTasks } from './schedule.js';
import { liveBytes, type Timeline } from './timeline.js';

export interface PlanOptions {
  /**
   * fast: whole tensors side by side, big tasks. min: the least RAM, row by row. A number: the fewest ops whose arena and
   * scratch have so many bytes together.
   */
  memory?: Memory;
  /** rows: the host pushes the first input row by row, and never holds all of it. */
  frame?: 'resident' | 'rows';
}

export interface Plan extends FilePlan {
  /** Lifetimes, in tasks. */
  lives: Timeline;
  /** Bytes that are live before the first task and during each one. */
  live: Float64Array;
  /** Step of each single task. */
  taskSteps: number[];
  /** No placement can be smaller: of whole tensors side by side, or of rows in this order. */
  lowerBoundBytes: number;
  /** Places that were given to rows in search of a smaller arena. */
  moves: number;
  /** Most live bytes during each step. */
  liveBytes: number[];
  /** Step with the most live bytes; -1 in a model without steps. */
  peakStep: number;
  /** Ops, roughly, and those of the fast plan. */
  estimatedOps: number;
  fastOps: number;
}

export function plan(program: Program, { memory = 'fast', frame = 'resident' }: PlanOptions = {}): Plan {
  const planner = new Planner(program, frame === 'rows');
  const { tasks, packing, lives, ...chosen } = planner.choose(memory);
  const live = liveBytes(lives);
  const byStep = program.steps.map(() => 0);
  tasks.forEach(({ step }, time) => {
    if (step !== FEED) byStep[step] = Math.max(byStep[step], live[time + 1]);
  });
  return {
    shapes: chosen.shapes,
    offsets: packing.offsets,
    feed: chosen.feed,
    rowShift: chosen.rowShift,
    tasks: joinTasks(tasks),
    lives,
    live: live.subarray(0, tasks.length + 1),
    taskSteps: tasks.map(({ step }) => step),
    lowerBoundBytes: chosen.lowerBoundBytes,
    moves: packing.moves,
    liveBytes: byStep,
    peakStep: byStep.indexOf(Math.max(0, ...byStep)),
    estimatedOps: chosen.ops,
    fastOps: planner.whole.ops,
    ...memoryLayout(program, tasks, packing.arenaBytes),
  };
}

/** The plan with the fewest ops: layer after layer, whole tensors side by side. */

import type { Task } from '../program/file-plan.js';
import type { Program } from '../program/program.js';
import { kindOf } from '../steps/index.js';
import { type Lifetime, lifetimes } from './lifetimes.js';
import { scratchBytes } from './memory-layout.js';
import { arenaBytes, place } from './place.js';
import type { RowPlan } from './row-plans.js';
import { rowShapes } from './rows.js';
import { layerTasks } from './tasks.js';
import { mostLive, type Timeline } from './timeline.js';

export function wholeTensors(program: Program): RowPlan {
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
  const packing = { offsets, arenaBytes: arenaBytes(placements), moves: 0 };
  const bytes = packing.arenaBytes + scratchBytes(program, tasks);
  return { shapes, tasks, lives: whole, packing, feed: 0, rowShift: 0, lowerBoundBytes, bytes, ops };
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

/** When each row of each buffer is written first and read last, in tasks. */

import type { Task } from '../program/file-plan.js';
import { FEED } from '../program/layout.js';
import type { Program, View } from '../program/program.js';
import type { RowShape } from '../program/rows.js';
import { kindOf } from '../steps/index.js';
import { viewsRead } from './dependencies.js';
import { bufferRows, inputRows } from './rows.js';

/** Tasks [from, to] during which a row holds something; -1 is before the first task. */
export interface RowLife {
  buffer: number;
  row: number;
  bytes: number;
  from: number;
  to: number;
}

/** A row that a task writes where the row that dies in the same task stands. */
export interface InPlace {
  dying: RowLife;
  written: RowLife;
}

export interface Timeline {
  /** Lifetimes of every used buffer, row by row. */
  lives: RowLife[][];
  inPlace: InPlace[];
  tasks: number;
}

/**
 * @param before buffers that hold something before the first task
 * @param after buffers that are still needed after the last one
 * @param only the buffers that tasks touch, where others are of no interest
 */
export function timeline(
  program: Program,
  shapes: readonly RowShape[],
  tasks: readonly Task[],
  before: ReadonlySet<number>,
  after: ReadonlySet<number>,
  only?: ReadonlySet<number>,
): Timeline {
  const lives = shapes.map(({ rows, rowBytes }, buffer) =>
    Array.from(
      { length: only && !only.has(buffer) ? 0 : rows },
      (_, row): RowLife => ({ buffer, row, bytes: rowBytes, from: Infinity, to: -Infinity }),
    ),
  );
  const touch = (view: View, first: number, end: number, time: number): void => {
    const [from, to] = bufferRows(view, shapes[view.buffer], first, end);
    for (let row = from; row < to; row++) {
      const life = lives[view.buffer][row];
      life.from = Math.min(life.from, time);
      life.to = Math.max(life.to, time);
    }
  };
  for (const buffer of before) for (const life of lives[buffer]) [life.from, life.to] = [-1, -1];
  const done = program.steps.map(() => 0);
  let arrived = 0;
  const inPlace: [time: number, step: number, first: number, end: number][] = [];
  tasks.forEach(({ step: index, rows }, time) => {
    if (index === FEED) {
      touch({ ...program.inputs[0].view, offset: 0 }, arrived, arrived + rows, time);
      arrived += rows;
      return;
    }
    const step = program.steps[index];
    const [first, end] = [done[index], done[index] + rows];
    for (const view of viewsRead(step)) touch(view, ...inputRows(step, view, first, end), time);
    touch(step.output, first, end, time);
    if (kindOf(step).worksInPlace) inPlace.push([time, index, first, end]);
    done[index] = end;
  });
  for (const buffer of after) {
    for (const life of lives[buffer]) [life.from, life.to] = [Math.min(life.from, tasks.length), tasks.length];
  }
  return { lives, inPlace: inPlace.flatMap((task) => pairs(program, shapes, lives, task)), tasks: tasks.length };
}

/** Each output row with an input row that it is the last to read, where nobody reads that one later. */
function pairs(
  program: Program,
  shapes: readonly RowShape[],
  lives: RowLife[][],
  [time, index, first, end]: [number, number, number, number],
): InPlace[] {
  const step = program.steps[index];
  const { output } = step;
  const inputs = viewsRead(step).filter(
    (view) => view.buffer !== output.buffer && shapes[view.buffer].rows > 1 && kindOf(step).worksInPlace!(step, view),
  );
  if (inputs.length === 0 || shapes[output.buffer].rows === 1) return [];
  const found: InPlace[] = [];
  for (let y = first; y < end; y++) {
    const row = inputRows(step, step.input, y, y + 1)[0];
    const last = y + 1 === output.height || inputRows(step, step.input, y + 1, y + 2)[0] > row;
    if (!last || row >= step.input.height) continue;
    const written = lives[output.buffer][bufferRows(output, shapes[output.buffer], y, y + 1)[0]];
    if (written.from !== time) continue;
    // The one that has been there for longest leaves: others have gone through fewer hands.
    const [dying] = inputs
      .map((view) => lives[view.buffer][bufferRows(view, shapes[view.buffer], row, row + 1)[0]])
      .filter((life) => life.to === time)
      .sort((a, b) => a.from - b.from);
    if (dying) found.push({ dying, written });
  }
  return found;
}

/**
 * The bytes that are live during each task; rows that take each other's place count once. Before the first task, then each.
 * @param size what a row counts
 */
export function liveBytes({ lives, inPlace, tasks }: Timeline, size = ({ bytes }: RowLife) => bytes): Float64Array {
  const live = new Float64Array(tasks + 3);
  for (const rows of lives) {
    for (const life of rows) {
      if (life.from > life.to) continue;
      live[life.from + 1] += size(life);
      live[life.to + 2] -= size(life);
    }
  }
  for (const { dying, written } of inPlace) {
    const shared = Math.min(size(dying), size(written));
    live[dying.to + 1] -= shared;
    live[dying.to + 2] += shared;
  }
  for (let i = 1; i < live.length; i++) live[i] += live[i - 1];
  return live;
}

/** The most bytes that are live during any one task: no packing is smaller. */
export function mostLive(timeline: Timeline, size?: (life: RowLife) => number): number {
  return liveBytes(timeline, size).reduce((most, bytes) => Math.max(most, bytes), 0);
}

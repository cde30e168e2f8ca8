/** When each row of each buffer is written first and read last, in tasks. */
import type { Program, View } from '../compile/program.js';
import { KIND_DEPTHWISE } from '../format/layout.js';
import { bufferRows, inputRows, type RowShape } from './rows.js';
import { FEED, type Task } from './tasks.js';

/** Tasks [from, to] during which a row holds something; -1 is before the first task. */
export interface RowLife {
  buffer: number;
  row: number;
  bytes: number;
  from: number;
  to: number;
}

/** A row that a depthwise task writes where the row that dies in the same task stands. */
export interface InPlace {
  dying: RowLife;
  written: RowLife;
}

export interface Timeline {
  /** Of every buffer that is used, row by row. */
  lives: RowLife[][];
  inPlace: InPlace[];
  tasks: number;
}

/**
 * @param before buffers that hold something before the first task
 * @param after buffers that are still needed after the last one
 */
export function timeline(
  program: Program,
  shapes: readonly RowShape[],
  tasks: readonly Task[],
  before: ReadonlySet<number>,
  after: ReadonlySet<number>,
): Timeline {
  const lives = shapes.map(({ rows, rowBytes }, buffer) =>
    Array.from(
      { length: rows },
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
  const depthwise: [time: number, step: number, first: number, end: number][] = [];
  tasks.forEach(({ step: index, rows }, time) => {
    if (index === FEED) {
      touch(program.inputs[0].view, arrived, arrived + rows, time);
      arrived += rows;
      return;
    }
    const step = program.steps[index];
    const [first, end] = [done[index], done[index] + rows];
    const [inFirst, inEnd] = inputRows(step, first, end);
    touch(step.input, inFirst, inEnd, time);
    if (step.input2) touch(step.input2, inFirst, inEnd, time);
    touch(step.output, first, end, time);
    if (step.kind === KIND_DEPTHWISE && worksInPlace(program, index)) depthwise.push([time, index, first, end]);
    done[index] = end;
  });
  for (const buffer of after) {
    for (const life of lives[buffer]) [life.from, life.to] = [Math.min(life.from, tasks.length), tasks.length];
  }
  return { lives, inPlace: depthwise.flatMap((task) => pairs(program, shapes, lives, task)), tasks: tasks.length };
}

/** The 3x3 kernel reads a byte's column before it writes there, where both rows start at the same address. */
function worksInPlace({ steps }: Program, index: number): boolean {
  const { window, depthMultiplier, input, output } = steps[index];
  const small = window.kernelH === 3 && window.kernelW === 3 && window.padLeft <= 1 && depthMultiplier === 1;
  return small && input.pixelStride === output.pixelStride && output.rowStride <= input.rowStride;
}

function pairs(
  program: Program,
  shapes: readonly RowShape[],
  lives: RowLife[][],
  [time, index, first, end]: [number, number, number, number],
): InPlace[] {
  const { input, output } = program.steps[index];
  if (input.buffer === output.buffer || shapes[input.buffer].rows === 1) return [];
  const [inFirst, inEnd] = bufferRows(input, shapes[input.buffer], ...inputRows(program.steps[index], first, end));
  const [outFirst, outEnd] = bufferRows(output, shapes[output.buffer], first, end);
  const dying = lives[input.buffer].slice(inFirst, inEnd).filter((life) => life.to === time);
  const written = lives[output.buffer].slice(outFirst, outEnd);
  return written.slice(0, dying.length).map((life, i) => ({ dying: dying[i], written: life }));
}

/** The most bytes that are live during any one task; rows that take each other's place count once. */
export function mostLive({ lives, inPlace, tasks }: Timeline): number {
  const change = new Float64Array(tasks + 3);
  for (const rows of lives) {
    for (const { from, to, bytes } of rows) {
      if (from > to) continue;
      change[from + 1] += bytes;
      change[to + 2] -= bytes;
    }
  }
  for (const { dying, written } of inPlace) {
    const shared = Math.min(dying.bytes, written.bytes);
    change[dying.to + 1] -= shared;
    change[dying.to + 2] += shared;
  }
  let live = 0;
  let most = 0;
  for (const bytes of change) {
    live += bytes;
    most = Math.max(most, live);
  }
  return most;
}

/**
 * The order of row tasks. Steps of a segment flow into one another: a row is computed when the next step needs it and not
 * before (fused line buffers; nothing is computed twice). Segments follow one another.
 */

import type { Task } from '../program/file-plan.js';
import { FEED } from '../program/layout.js';
import type { Program } from '../program/program.js';
import { inputRows } from './rows.js';

/** Steps [first, last], and how many rows a task of each computes. */
export interface Segment {
  first: number;
  last: number;
  rows: number[];
}

/** @param feed rows of the model's first input that arrive one by one, as tasks of the step FEED; 0 where it is there. */
export function schedule(program: Program, segments: readonly Segment[], feed: number): Task[] {
  const tasks: Task[] = [];
  const done = program.steps.map(() => 0);
  let fed = 0;
  const feeds = firstReaders(program);
  const take = (rows: number): void => {
    for (; fed < Math.min(rows, feed); fed++) tasks.push({ step: FEED, rows: 1, repeat: 1 });
  };

  const advance = (segment: Segment, step: number, wanted: number): void => {
    const { output } = program.steps[step];
    while (done[step] < wanted) {
      const end = Math.min(output.height, done[step] + segment.rows[step - segment.first]);
      const needed = inputRows(program.steps[step], done[step], end)[1];
      if (step > segment.first) advance(segment, step - 1, needed);
      if (feed > 0 && feeds.has(step)) take(feed === 1 ? 1 : needed);
      tasks.push({ step, rows: end - done[step], repeat: 1 });
      done[step] = end;
    }
  };
  for (const segment of segments) {
    advance(segment, segment.last, program.steps[segment.last].output.height);
    // Last rows that no window reaches.
    for (let step = segment.first; step < segment.last; step++)
      advance(segment, step, program.steps[step].output.height);
  }
  return tasks;
}

/** Rows of the first input that no task was made for, because nobody reads them: they arrive all the same. */
export function restOfFeed(tasks: readonly Task[], feed: number): Task[] {
  const fed = tasks.filter(({ step }) => step === FEED).length;
  return Array.from({ length: feed - fed }, () => ({ step: FEED, rows: 1, repeat: 1 }));
}

/** Steps that read the model's input as it arrives: those before which nobody writes its buffer. */
export function firstReaders(program: Program): Set<number> {
  const buffer = program.inputs[0].view.buffer;
  const readers = new Set<number>();
  for (const [index, step] of program.steps.entries()) {
    if (step.input.buffer === buffer || step.input2?.buffer === buffer) readers.add(index);
    if (step.output.buffer === buffer) break;
  }
  return readers;
}

/** Joins tasks that follow one another with the same step and row count. */
export function joinTasks(tasks: readonly Task[]): Task[] {
  const joined: Task[] = [];
  for (const task of tasks) {
    const last = joined[joined.length - 1];
    if (last && last.step === task.step && last.rows === task.rows && last.repeat < 255) last.repeat++;
    else joined.push({ ...task });
  }
  return joined;
}

/**
 * The order of row tasks. Steps of a segment flow into one another: a row is computed when a later step needs it and not
 * before (fused line buffers; nothing is computed twice). Segments follow one another.
 */

import type { Task } from '../program/file-plan.js';
import { FEED } from '../program/layout.js';
import type { Network } from './dependencies.js';

/** Steps [first, last], and how many rows a task of each computes. */
export interface Segment {
  first: number;
  last: number;
  rows: number[];
}

/** Rows of an input that arrives one by one come as tasks of the step FEED. */
export function schedule(network: Network, segments: readonly Segment[]): Task[] {
  const scheduler = new Scheduler(network);
  for (const segment of segments) scheduler.run(segment);
  return scheduler.tasks;
}

class Scheduler {
  readonly tasks: Task[] = [];
  /** Output rows of each step. */
  private readonly done: number[];
  private fed = 0;
  private segment: Segment = { first: 0, last: 0, rows: [] };
  /** For each step of the segment, and for FEED: steps that take its rows as soon as they are there. */
  private eager = new Map<number, number[]>();

  constructor(private readonly network: Network) {
    this.done = network.program.steps.map(() => 0);
  }

  run(segment: Segment): void {
    const { first, last } = segment;
    this.segment = segment;
    // A segment may be looked at alone.
    for (let step = 0; step < first; step++) this.done[step] = this.height(step);
    this.eager = eagerReaders(this.network, segment);
    this.advance(last, this.height(last));
    // Outputs beside the last one, and last rows that no window reaches.
    for (let step = first; step < last; step++) this.advance(step, this.height(step));
  }

  private height(step: number): number {
    return this.network.program.steps[step].output.height;
  }

  /** The output row at which the step's next task ends. */
  private nextEnd(step: number): number {
    return Math.min(this.height(step), this.done[step] + this.segment.rows[step - this.segment.first]);
  }

  /** Does tasks of a step until `wanted` rows of it are done, and before each what it needs. */
  private advance(step: number, wanted: number): void {
    const { dependencies, feeds } = this.network;
    while (this.done[step] < wanted) {
      const end = this.nextEnd(step);
      for (const needed of dependencies[step])
        if (needed.step >= this.segment.first) this.advance(needed.step, needed.rows(end));
      this.take(feeds.get(step)?.(end) ?? 0);
      // An eager step may have been done meanwhile.
      if (this.done[step] < end) this.compute(step, end);
    }
  }

  private compute(step: number, end: number): void {
    this.tasks.push({ step, rows: end - this.done[step], repeat: 1 });
    this.done[step] = end;
    for (const reader of this.eager.get(step) ?? []) this.follow(reader);
  }

  /** Does the tasks of a step for which everything is there. */
  private follow(step: number): void {
    const { dependencies, feeds } = this.network;
    while (this.done[step] < this.height(step)) {
      const end = this.nextEnd(step);
      const isReady =
        dependencies[step].every((needed) => this.done[needed.step] >= needed.rows(end)) &&
        this.fed >= (feeds.get(step)?.(end) ?? 0);
      if (!isReady) return;
      this.compute(step, end);
    }
  }

  private take(rows: number): void {
    while (this.fed < rows) {
      this.fed++;
      this.tasks.push({ step: FEED, rows: 1, repeat: 1 });
      for (const reader of this.eager.get(FEED) ?? []) this.follow(reader);
    }
  }
}

/** Readers of a segment's rows that its last step does not wait for: other outputs. */
function eagerReaders({ dependencies, feeds }: Network, { first, last }: Segment): Map<number, number[]> {
  const awaited = new Set([last]);
  for (let step = last; step >= first; step--)
    if (awaited.has(step)) for (const needed of dependencies[step]) awaited.add(needed.step);
  const readers = new Map<number, number[]>();
  for (let step = first; step < last; step++) {
    if (awaited.has(step)) continue;
    const sources = dependencies[step].map((needed) => needed.step);
    for (const source of feeds.has(step) ? [...sources, FEED] : sources)
      readers.set(source, [...(readers.get(source) ?? []), step]);
  }
  return readers;
}

/** Rows of the first input that no task was made for, because nobody reads them: they arrive all the same. */
export function restOfFeed(tasks: readonly Task[], feed: number): Task[] {
  const fed = tasks.filter(({ step }) => step === FEED).length;
  return Array.from({ length: feed - fed }, () => ({ step: FEED, rows: 1, repeat: 1 }));
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

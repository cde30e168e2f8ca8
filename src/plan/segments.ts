/**
 * Where to cut the chain of steps. Inside a segment rows stream from step to step through a few rows of buffer; between two
 * segments a whole tensor stands in memory. Fewer and shorter segments cost fewer ops, longer ones less memory. Dynamic
 * programming over the cuts: first the least peak, then the fewest ops under that peak (as msf-CNN, a shortest path).
 */

import type { Program, Step } from '../program/program.js';
import { kindOf } from '../steps/index.js';
import { GROUP_PIXELS } from '../steps/sizes.js';
import { type Network, viewsRead } from './dependencies.js';
import { isStreamed } from './rows.js';
import { type Segment, schedule } from './schedule.js';
import { blockRows } from './tasks.js';
import { mostLive, timeline } from './timeline.js';

/** A segment with what it costs. */
export interface Priced extends Segment {
  /** Most live bytes while it runs, tensors that only wait included. */
  peak: number;
  /** Ops, roughly: good enough to compare cuts. */
  ops: number;
}

/** More steps than this never paid off in one segment. */
const LONGEST = 16;
/** Rows per task of a convolution that is a segment of its own, besides the most that are of use. */
const BLOCKS = [12, 6, 3, 1];
/** Rows per task of steps that flow into one another. */
const FLOW_BLOCKS = [3, 1];

/** Rows per task that are tried where such steps have fewer. */
const RELAXED_BLOCKS = [6, 3, 2];

/** Every segment that could be part of a plan, by its last step. */
export function possibleSegments(network: Network): Priced[][] {
  const { program } = network;
  const uses = usesOf(program);
  return program.steps.map((_, last) => {
    const found: Priced[] = [];
    for (let first = last; first >= 0 && last - first < LONGEST; first--) {
      if (first < last && !(isStreamed(program.steps[first]) && isStreamed(program.steps[last]))) break;
      for (const rows of first === last ? aloneBlocks(program.steps[last]) : FLOW_BLOCKS)
        found.push(priced(network, uses, { first, last, rows: rowsOf(program, first, last, rows) }));
    }
    return found;
  });
}

/** More rows than share its weights bring a step nothing. */
function aloneBlocks(step: Step): readonly number[] {
  const { blocks } = kindOf(step);
  if (blocks) return blocks;
  const most = Math.min(blockRows(step), step.output.height);
  const whole = [1, 2].map((groups) => Math.floor((groups * GROUP_PIXELS) / step.output.width));
  return [...new Set([most, ...BLOCKS, ...whole])].filter((rows) => rows > 0 && rows <= most);
}

const rowsOf = (program: Program, first: number, last: number, rows: number): number[] =>
  program.steps.slice(first, last + 1).map(({ output }) => Math.min(rows, output.height));

/** The least peak that any way of cutting reaches. */
export function leastPeak(segments: readonly Priced[][]): number {
  const best = [0];
  for (const ending of segments) best.push(Math.min(...ending.map(({ first, peak }) => Math.max(best[first], peak))));
  return best[segments.length];
}

/** The cuts with the fewest ops whose peak stays within `limit`; it must be at least the least peak. */
export function cheapestCut(segments: readonly Priced[][], limit: number): Priced[] {
  const best: { ops: number; via?: Priced }[] = [{ ops: 0 }];
  for (const ending of segments) {
    let choice: { ops: number; via?: Priced } = { ops: Number.POSITIVE_INFINITY };
    for (const segment of ending) {
      const ops = best[segment.first].ops + segment.ops;
      if (segment.peak <= limit && ops < choice.ops) choice = { ops, via: segment };
    }
    best.push(choice);
  }
  const cut: Priced[] = [];
  for (let end = segments.length; end > 0; ) {
    const { via } = best[end];
    cut.unshift(via!);
    end = via!.first;
  }
  return cut;
}

/** The cuts that are best at some limit, from the fewest ops to the least peak. */
export function bestCuts(segments: readonly Priced[][]): Priced[][] {
  const least = leastPeak(segments);
  const cuts: Priced[][] = [];
  for (let limit = Number.POSITIVE_INFINITY; limit >= least; ) {
    const cut = cheapestCut(segments, limit);
    cuts.push(cut);
    // Below the peak of this one.
    limit = peakOf(cut) - 1;
  }
  return cuts;
}

/**
 * The same cut with more rows per task wherever its peak stays what it is: steps that flow into one another have few of them as
 * a rule, though not all of them stand where memory is short.
 */
export function relaxed(network: Network, cut: readonly Priced[]): Priced[] {
  const uses = usesOf(network.program);
  const limit = peakOf(cut);
  return cut.map((segment) => {
    let best = segment;
    for (let i = segment.rows.length - 1; i >= 0 && segment.first < segment.last; i--) {
      const { height } = network.program.steps[segment.first + i].output;
      for (const rows of RELAXED_BLOCKS) {
        if (rows <= best.rows[i] || rows > height) continue;
        const tried = priced(network, uses, { ...best, rows: best.rows.with(i, rows) });
        if (tried.peak <= limit && tried.ops < best.ops) best = tried;
      }
    }
    return best;
  });
}

export const peakOf = (cut: readonly Priced[]): number => cut.reduce((most, { peak }) => Math.max(most, peak), 0);

export const opsOf = (cut: readonly Priced[]): number => cut.reduce((sum, { ops }) => sum + ops, 0);

interface Use {
  /** Steps that write or read a buffer; -1 where the model's input does, and the number of steps where its output does. */
  firstWrite: number;
  firstRead: number;
  lastRead: number;
}

function usesOf(program: Program): Use[] {
  const uses = program.buffers.map((): Use => ({ firstWrite: Infinity, firstRead: Infinity, lastRead: -1 }));
  for (const { view } of program.inputs) uses[view.buffer].firstWrite = -1;
  program.steps.forEach((step, index) => {
    for (const { buffer } of viewsRead(step)) {
      uses[buffer].firstRead = Math.min(uses[buffer].firstRead, index);
      uses[buffer].lastRead = index;
    }
    const output = uses[step.output.buffer];
    output.firstWrite = Math.min(output.firstWrite, index);
    output.lastRead = Math.max(output.lastRead, index);
  });
  for (const { view } of program.outputs) uses[view.buffer].lastRead = program.steps.length;
  return uses;
}

function priced(network: Network, uses: readonly Use[], segment: Segment): Priced {
  const { program, shapes, feed } = network;
  const { first, last } = segment;
  const steps = program.steps.slice(first, last + 1);
  const touched = new Set(steps.flatMap((step) => [...viewsRead(step), step.output].map(({ buffer }) => buffer)));
  const before = new Set<number>();
  const after = new Set<number>();
  let waiting = 0;
  const fed = feed > 0 ? program.inputs[0].view.buffer : -1;
  uses.forEach(({ firstWrite, firstRead, lastRead }, buffer) => {
    const arrives = buffer === fed && firstRead >= first;
    const isBefore = firstWrite < first && lastRead >= first && !arrives;
    const isAfter = firstWrite <= last && lastRead > last && !(arrives && firstRead > last);
    if (!touched.has(buffer)) waiting += isBefore || isAfter ? shapes[buffer].rows * shapes[buffer].rowBytes : 0;
    else {
      if (isBefore) before.add(buffer);
      if (isAfter) after.add(buffer);
    }
  });
  const tasks = schedule(network, [segment]);
  const peak = waiting + mostLive(timeline(program, shapes, tasks, before, after, touched));
  const ops = segment.rows.reduce((sum, rows, i) => sum + kindOf(steps[i]).ops(steps[i], rows), 0);
  return { ...segment, peak, ops };
}

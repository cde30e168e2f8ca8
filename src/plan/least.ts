/** Plans with row granularity: rows placed one by one, steps fused where that saves memory. */

import type { Task } from '../program/file-plan.js';
import type { Program } from '../program/program.js';
import type { RowShape } from '../program/rows.js';
import { kindOf } from '../steps/index.js';
import { type Network, network } from './dependencies.js';
import { type Packing, pack } from './pack.js';
import { restOfFeed, schedule } from './schedule.js';
import { cheapestCut, leastPeak, type Priced, possibleSegments } from './segments.js';
import { mostLive, type Timeline, timeline } from './timeline.js';

export interface RowPlan {
  shapes: RowShape[];
  cut: Priced[];
  /** One by one, not joined. */
  tasks: Task[];
  lives: Timeline;
  packing: Packing;
  /** Rows of the input that arrive one by one; 0 where it is resident. */
  feed: number;
  /** Rows that are placed alone stand at multiples of 2^rowShift. */
  rowShift: number;
  /** Most live bytes of this order of tasks: no packing can be smaller. */
  lowerBoundBytes: number;
  /** Ops, roughly. */
  ops: number;
}

/** Limits over the least peak that are tried too, as factors: a cut that packs better may need a little more. */
const LIMITS = [1, 1.03, 1.08, 1.15, 1.25];
/**
 * The most rows per task of convolutions that stand alone: big tasks read weights less often, small ones leave more room
 * to rows that take the place of others.
 */
const MOST_ROWS = [255, 3];
/** An arena that is smaller by less than this is not worth more ops. */
const WORTH = 0.01;
/** Tensors of joined rows stand together where they have at most this share of the arena; rows alone pack better. */
const JOINED = [Number.POSITIVE_INFINITY, 1, 0.5, 0];
/** Rows of a streamed first segment: at most so many at a time. */
const STREAMED_ROWS = 3;

/** The plan with the least RAM of those that cost at most `mostOps`, if there are any. */
export function leastPlan(program: Program, feed: boolean, mostOps: number): RowPlan {
  const net = network(program, feed);
  const all = possibleSegments(net);
  const cuts = new Map<string, Priced[]>();
  for (const most of MOST_ROWS) {
    const segments = all.map((ending) => ending.filter((segment) => isSmall(program, segment, most)));
    const least = leastPeak(segments);
    for (const factor of LIMITS) {
      const cut = cheapestCut(segments, least * factor);
      cuts.set(cut.map((segment) => `${segment.last}x${segment.rows}`).join(' '), cut);
    }
  }
  const cheap = [...cuts.values()].filter((cut) => opsOf(cut) <= mostOps);
  let best: RowPlan | undefined;
  // From cheap to dear: more ops must save more than a little memory.
  for (const cut of (cheap.length > 0 ? cheap : [...cuts.values()]).sort((a, b) => opsOf(a) - opsOf(b))) {
    best = packed(net, cut, best ? best.packing.arenaBytes * (1 - WORTH) : Infinity) ?? best;
  }
  return best!;
}

const opsOf = (cut: readonly Priced[]): number => cut.reduce((sum, { ops }) => sum + ops, 0);

const isSmall = (program: Program, { first, last, rows }: Priced, most: number): boolean =>
  first < last || !kindOf(program.steps[first]).joinsRows || rows[0] <= most;

/** The plan with the fewest ops whose first steps take the input's rows as they come. */
export function streamedPlan(program: Program): RowPlan {
  const net = network(program, true);
  const segments = possibleSegments(net);
  const input = program.inputs[0].view.buffer;
  const streams = ({ first, last, rows: block }: Priced) =>
    first > 0 || (block[0] <= STREAMED_ROWS && program.steps[last].output.buffer !== input);
  const streaming = segments.map((ending) => ending.filter(streams));
  // A first step that needs all of the input at once, or has others beside it, leaves no choice.
  const possible = Number.isFinite(leastPeak(streaming)) ? streaming : segments;
  return packed(net, cheapestCut(possible, Number.POSITIVE_INFINITY), Infinity)!;
}

/** @returns undefined where the arena would have `limit` bytes or more. */
function packed(net: Network, cut: Priced[], limit: number): RowPlan | undefined {
  const { program, shapes, feed } = net;
  const tasks = schedule(net, cut);
  tasks.push(...restOfFeed(tasks, feed));
  const fed = program.inputs[0].view.buffer;
  const before = new Set(program.inputs.map(({ view }) => view.buffer));
  if (feed > 0) before.delete(fed);
  const after = new Set(program.outputs.map(({ view }) => view.buffer));
  const lives = timeline(program, shapes, tasks, before, after);
  const lowerBoundBytes = mostLive(lives);
  if (lowerBoundBytes >= limit) return undefined;
  const kept = new Set([...before, ...after]);
  const common = { shapes, cut, tasks, lives, feed, lowerBoundBytes, ops: opsOf(cut) };
  let best: RowPlan | undefined;
  for (const share of JOINED) {
    const contiguous = new Set([...kept, ...joinedBuffers(program, cut, share * lowerBoundBytes)]);
    // Where the rows of the input go is in a table of its own.
    if (feed > 0 && !after.has(fed)) contiguous.delete(fed);
    const found = packedRows(lives, contiguous, lowerBoundBytes, best ? best.packing.arenaBytes * (1 - WORTH) : limit);
    if (found) best = { ...common, ...found };
  }
  return best;
}

function packedRows(
  { lives, inPlace }: Timeline,
  contiguous: ReadonlySet<number>,
  bound: number,
  limit: number,
): Pick<RowPlan, 'packing' | 'rowShift'> | undefined {
  for (let rowShift = 0; ; rowShift++) {
    const packing = pack(lives, inPlace, contiguous, bound, 2 ** rowShift, limit);
    // Table entries have 16 bits.
    if (!packing || packing.arenaBytes <= 2 ** (16 + rowShift)) return packing && { packing, rowShift };
    while (2 ** (17 + rowShift) < packing.arenaBytes) rowShift++;
  }
}

/**
 * Buffers of convolutions that work on several rows at a time: rows behind one another are one long row to them. Not those
 * that fill the arena: they must be able to go wherever there is room.
 */
function joinedBuffers(program: Program, cut: readonly Priced[], most: number): number[] {
  return cut.flatMap(({ first, last, rows }) => {
    const step = program.steps[first];
    const { input, output } = step;
    const bytes = program.buffers[input.buffer].bytes + program.buffers[output.buffer].bytes;
    const joined = first === last && kindOf(step).joinsRows && rows[0] > 1;
    return joined && bytes <= most ? [input.buffer, output.buffer] : [];
  });
}

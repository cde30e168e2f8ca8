/** Plans with row granularity: rows placed one by one, steps fused where that saves memory. */

import type { Task } from '../program/file-plan.js';
import type { Program } from '../program/program.js';
import type { RowShape } from '../program/rows.js';
import { kindOf } from '../steps/index.js';
import { type Network, network } from './dependencies.js';
import { scratchBytes } from './memory-layout.js';
import { LONG, type Packing, type Patience, pack, SHORT } from './pack.js';
import { restOfFeed, schedule } from './schedule.js';
import { bestCuts, cheapestCut, leastPeak, opsOf, type Priced, possibleSegments, relaxed } from './segments.js';
import { mostLive, type RowLife, type Timeline, timeline } from './timeline.js';

export interface RowPlan {
  shapes: RowShape[];
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
  /** Arena and scratch. */
  bytes: number;
  /** Ops, roughly. */
  ops: number;
}

/** An arena that is smaller by less than this is not worth more ops. */
const WORTH = 0.005;
/**
 * Tensors of joined rows stand together where they have at most this share of the arena; rows alone pack better. Only the last
 * share is worth a long search.
 */
const JOINED = [Number.POSITIVE_INFINITY, 1, 0.5, 0];
/** Rows of a streamed first segment: at most so many at a time. */
const STREAMED_ROWS = 3;

/** All cuts of a program that are worth a look, each packed when it is asked for. */
export class RowPlans {
  /** From the fewest ops on. */
  private readonly cuts: Priced[][];
  private readonly segments: Priced[][];
  private readonly net: Network;
  private readonly orders = new Map<Priced[], Ordered>();

  /** @param mostOps what a plan may cost, where there is one that costs no more */
  constructor(program: Program, feed: boolean, mostOps: number) {
    this.net = network(program, feed);
    this.segments = possibleSegments(this.net);
    const cuts = bestCuts(this.segments)
      .flatMap((cut) => [cut, relaxed(this.net, cut)])
      .sort((a, b) => opsOf(a) - opsOf(b));
    const cheap = cuts.filter((cut) => opsOf(cut) <= mostOps);
    this.cuts = cheap.length > 0 ? cheap : cuts;
  }

  /** The plan with the least RAM; of those that need the same, the one with the fewest ops. */
  least(): RowPlan {
    const [least, ...others] = this.cuts.toReversed();
    const first = this.plan(least, Number.POSITIVE_INFINITY)!;
    return others.reduce((best, cut) => this.plan(cut, best.bytes) ?? best, first);
  }

  /** Whether arena and scratch of fewer bytes than that may be possible. */
  mayNeedLess(bytes: number): boolean {
    return this.cuts.some((cut) => this.ordered(cut).leastBytes < bytes);
  }

  /** The plan with the fewest ops whose arena and scratch have `bytes` at most. */
  within(bytes: number): RowPlan | undefined {
    for (const cut of this.cuts) {
      const plan = this.plan(cut, bytes);
      if (plan) return plan;
    }
    return undefined;
  }

  /** The plan with the fewest ops whose first steps take the input's rows as they come; if it may need less than `below`. */
  streamed(below = Number.POSITIVE_INFINITY): RowPlan | undefined {
    const { program } = this.net;
    const input = program.inputs[0].view.buffer;
    const streams = ({ first, last, rows: block }: Priced) =>
      first > 0 || (block[0] <= STREAMED_ROWS && program.steps[last].output.buffer !== input);
    const streaming = this.segments.map((ending) => ending.filter(streams));
    // A first step that needs all of the input at once, or has others beside it, leaves no choice.
    const possible = Number.isFinite(leastPeak(streaming)) ? streaming : this.segments;
    const cut = cheapestCut(possible, Number.POSITIVE_INFINITY);
    return this.ordered(cut).leastBytes < below ? this.plan(cut, Number.POSITIVE_INFINITY) : undefined;
  }

  /** A cut, packed, if it needs `most` bytes at most. */
  private plan(cut: Priced[], most: number): RowPlan | undefined {
    const ordered = this.ordered(cut);
    return ordered.leastBytes > most ? undefined : packed(this.net, cut, ordered, most);
  }

  private ordered(cut: Priced[]): Ordered {
    const found = this.orders.get(cut) ?? order(this.net, cut);
    this.orders.set(cut, found);
    return found;
  }
}

/** A cut as an order of tasks. */
interface Ordered extends Pick<RowPlan, 'tasks' | 'lives' | 'lowerBoundBytes'> {
  scratch: number;
  /** Least bytes of arena and scratch together. */
  leastBytes: number;
  /** Buffers that hold something before the first task or after the last one; of a fed input nothing is kept. */
  kept: Set<number>;
}

function order(net: Network, cut: readonly Priced[]): Ordered {
  const { program, shapes, feed } = net;
  const tasks = schedule(net, cut);
  tasks.push(...restOfFeed(tasks, feed));
  const fed = program.inputs[0].view.buffer;
  const before = new Set(program.inputs.map(({ view }) => view.buffer));
  if (feed > 0) before.delete(fed);
  const after = new Set(program.outputs.map(({ view }) => view.buffer));
  const lives = timeline(program, shapes, tasks, before, after);
  const lowerBoundBytes = mostLive(lives);
  const scratch = scratchBytes(program, tasks);
  const kept = new Set([...before, ...after]);
  return { tasks, lives, lowerBoundBytes, scratch, leastBytes: lowerBoundBytes + scratch, kept };
}

function packed(net: Network, cut: readonly Priced[], ordered: Ordered, most: number): RowPlan | undefined {
  const { program, shapes, feed } = net;
  const { tasks, lives, lowerBoundBytes, scratch, kept } = ordered;
  const common = { shapes, tasks, lives, feed, lowerBoundBytes, ops: opsOf(cut) };
  let best: RowPlan | undefined;
  let joined = Number.POSITIVE_INFINITY;
  for (const share of JOINED) {
    const contiguous = new Set([...kept, ...joinedBuffers(program, cut, share * lowerBoundBytes)]);
    // Where the rows of the input go is in a table of its own.
    if (feed > 0 && !kept.has(program.inputs[0].view.buffer)) contiguous.delete(program.inputs[0].view.buffer);
    if (contiguous.size === joined) continue;
    joined = contiguous.size;
    const found = packedRows(
      lives,
      contiguous,
      lowerBoundBytes,
      most - scratch,
      contiguous.size > kept.size ? SHORT : LONG,
    );
    const moves = found.packing.moves + (best?.packing.moves ?? 0);
    const better: Pick<RowPlan, 'packing' | 'rowShift'> =
      !best || found.packing.arenaBytes < best.packing.arenaBytes * (1 - WORTH) ? found : best;
    const packing = { ...better.packing, moves };
    best = { ...common, ...better, packing, bytes: packing.arenaBytes + scratch };
    if (best.packing.arenaBytes <= lowerBoundBytes * (1 + WORTH)) break;
  }
  return best!.bytes <= most ? best : undefined;
}

/** Places that are tried for a row, at most, as a power of 2: more of them find less than they cost. */
const MOST_PLACES = 2 ** 14;

function packedRows(
  lives: Timeline,
  contiguous: ReadonlySet<number>,
  bound: number,
  limit: number,
  patience: Patience,
): Pick<RowPlan, 'packing' | 'rowShift'> {
  const grain = grainOf(lives, bound);
  for (let rowShift = 0; ; rowShift++) {
    // Table entries have 16 bits.
    if (bound > 2 ** (16 + rowShift)) continue;
    let unit = grain;
    while (unit % 2 ** rowShift > 0 || bound / unit > MOST_PLACES) unit *= 2;
    const packing = pack(lives, contiguous, bound, unit, limit, patience);
    if (packing.arenaBytes <= 2 ** (16 + rowShift) || packing.arenaBytes > limit) return { packing, rowShift };
  }
}

/** The largest common divisor of sizes of rows to which all others can be rounded up and still fit into `bound` bytes. */
function grainOf(timeline: Timeline, bound: number): number {
  const sizes = [...new Set(timeline.lives.flatMap((rows) => rows.slice(0, 1).map(({ bytes }) => bytes)))];
  const divisors = new Set(sizes.flatMap((a) => sizes.map((b) => commonDivisor(a, b))));
  const up = (unit: number) => (life: RowLife) => Math.ceil(life.bytes / unit) * unit;
  const fits = (unit: number) => mostLive(timeline, up(unit)) <= bound;
  return [...divisors].sort((a, b) => b - a).find(fits) ?? 1;
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

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

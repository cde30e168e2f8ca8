/**
 * Addresses for rows with lifetimes: two rows that hold something during the same task must not overlap. Rows of a
 * contiguous buffer (a resident frame, an output) keep their places behind one another, yet each is free again once it
 * has been read; all other rows go wherever there is room.
 */
import { type Conflicts, conflictsOf, type Item, itemsOf } from './conflicts.js';
import { type Effort, eject } from './eject.js';
import type { Timeline } from './timeline.js';

export interface Packing {
  /** Offset in the arena of every row, by buffer and row. */
  offsets: number[][];
  arenaBytes: number;
  /** Places that were given to rows in search of a smaller arena. */
  moves: number;
}

type Order = (a: Item, b: Item) => number;

const ORDERS: Order[] = [
  (a, b) => b.bytes - a.bytes || a.from - b.from,
  (a, b) => b.to - b.from - (a.to - a.from) || b.bytes - a.bytes,
  (a, b) => a.from - b.from || b.bytes - a.bytes,
];
/**
 * Limits of a search: looks in all and of one try, and moves of each item, on average, after which a try is given up. Networks
 * that fitted needed 20 as a rule.
 */
export interface Patience {
  looks: number;
  looksOfTry: number;
  movesEach: number;
}
export const LONG: Patience = { looks: 32_000_000, looksOfTry: 4_000_000, movesEach: 64 };
export const SHORT: Patience = { looks: 1_600_000, looksOfTry: 400_000, movesEach: 12 };
/** Tries of each height, by the share of moves that are whims. */
const WHIMS = [0, 0.3];
/** Heights in a row that are tried in vain. */
const MISSES = 2;
/** An arena that is over the bound by less than this share is not worth a try more. */
const CLOSE = 0.005;

/**
 * First fit in several orders, then a search at heights between the bound and the best that was found. What is found depends on
 * nothing but the rows.
 * @param contiguous buffers whose rows must follow one another
 * @param bound the most live bytes: no packing is smaller
 * @param unit places are multiples of it
 * @param limit the most bytes of an arena that is of use
 */
export function pack(
  { lives, inPlace }: Pick<Timeline, 'lives' | 'inPlace'>,
  contiguous: ReadonlySet<number>,
  bound: number,
  unit: number,
  limit: number,
  patience: Patience,
): Packing {
  const items = itemsOf(lives, contiguous);
  const sizes = items.map(({ bytes }) => bytes);
  const conflicts = conflictsOf(items, inPlace, unit);
  const top = (places: Int32Array) => places.reduce((end, place, i) => Math.max(end, place * unit + sizes[i]), 0);
  const effort: Effort = { looks: 0, moves: 0 };
  let best = firstFit(items, conflicts, ORDERS[0]);
  for (const order of ORDERS.slice(1)) {
    if (top(best) <= bound) break;
    const other = firstFit(items, conflicts, order);
    if (top(other) < top(best)) best = other;
  }
  const reached = (height: number): Int32Array | undefined => {
    const last = Int32Array.from(sizes, (bytes) => Math.floor((height - bytes) / unit));
    for (const whim of WHIMS) {
      const places = best.slice();
      const looks = Math.min(patience.looks, effort.looks + patience.looksOfTry);
      const enough = { looks, moves: effort.moves + patience.movesEach * items.length };
      if (eject(sizes, conflicts, places, last, whim, effort, enough)) return places;
    }
    return undefined;
  };
  // The highest arena that was not reached.
  let [missed, misses] = [bound - 1, 0];
  let height = Math.max(bound, limit < top(best) ? limit : 0);
  while (height < top(best) && misses <= MISSES && effort.looks < patience.looks) {
    const found = reached(height);
    if (!found && height >= limit) break;
    best = found ?? best;
    if (!found) missed = height;
    misses = found ? 0 : misses + 1;
    const most = Math.min(limit, top(best));
    if (most - missed <= 1 + CLOSE * bound) break;
    height = Math.floor((missed + most) / 2);
  }
  const offsets = lives.map((rows) => rows.map(() => 0));
  items.forEach(({ rows }, i) => {
    for (const { life, at } of rows) offsets[life.buffer][life.row] = best[i] * unit + at;
  });
  return { offsets, arenaBytes: top(best), moves: effort.moves };
}

/** Each item, in that order, where it takes over from another one, or else as low as it can. */
function firstFit(items: readonly Item[], conflicts: Conflicts, order: Order): Int32Array {
  const { start, other, low, high } = conflicts;
  const places = new Int32Array(items.length).fill(-1);
  for (const item of [...items.keys()].sort((a, b) => order(items[a], items[b]))) {
    const forbidden: [low: number, high: number][] = [];
    const takeovers: number[] = [];
    for (let e = start[item]; e < start[item + 1]; e++) {
      const place = places[other[e]];
      if (place < 0) continue;
      if (place + high[e] > 0) forbidden.push([place + low[e], place + high[e]]);
      if (low[e] === 0) takeovers.push(place);
    }
    forbidden.sort((a, b) => a[0] - b[0]);
    const isFree = (place: number) => forbidden.every(([from, to]) => place <= from || place >= to);
    places[item] = takeovers.find(isFree) ?? lowest(forbidden);
  }
  return places;
}

/** The lowest place outside of all intervals, which are sorted. */
function lowest(forbidden: readonly [low: number, high: number][]): number {
  let place = 0;
  for (const [from, to] of forbidden) {
    if (from >= place) break;
    if (to > place) place = to;
  }
  return place;
}

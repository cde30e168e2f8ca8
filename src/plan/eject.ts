/** Puts rows into an arena of a given height: what is in the way of one leaves and is put somewhere else later. */

import type { Conflicts } from './conflicts.js';

/** Counted work of a search: machines differ in seconds, not in these. */
export interface Effort {
  /** Looks at rows that are in one another's way, and at places. */
  looks: number;
  /** Places given to rows. */
  moves: number;
}

const NOWHERE = -1;

/**
 * Ejection search. The item that was in the way most often, or is largest, goes where what it pushes out weighs least. Both
 * weigh more from then on, so that no two keep pushing each other out; small ones by more than they have, or they would be
 * pushed about for ever.
 * @param sizes of the items
 * @param places of the items; those behind an item's last one are left. They are right only where true is returned.
 * @param last the last place that each item may have
 * @param whim the share of moves of any item that waits instead: what gets nowhere one way may get there another way
 * @param effort what has been taken so far, counted on; the search ends where one of them reaches what is `most`
 */
export function eject(
  sizes: readonly number[],
  conflicts: Conflicts,
  places: Int32Array,
  last: Int32Array,
  whim: number,
  effort: Effort,
  most: Effort,
): boolean {
  if (last.some((place) => place < 0)) return false;
  const { start, other, low, high } = conflicts;
  const weights = Float64Array.from(sizes);
  const mean = sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length;
  const grudges = sizes.map((bytes) => Math.round(bytes + Math.sqrt(bytes * mean)));
  const random = randomNumbers();
  const waiting = [...sizes.keys()].filter((i) => places[i] > last[i]);
  for (const i of waiting) places[i] = NOWHERE;
  const sweep = new Sweep(conflicts, last);
  while (waiting.length > 0) {
    if (effort.looks >= most.looks || effort.moves >= most.moves) return false;
    const item = takeOut(waiting, random() < whim ? Math.floor(random() * waiting.length) : heaviest(waiting, weights));
    const { place, cost } = sweep.best(item, places, weights);
    effort.looks += start[item + 1] - start[item] + last[item] / PLACES_PER_LOOK;
    effort.moves++;
    places[item] = place;
    if (cost === 0) continue;
    weights[item] += grudges[item];
    for (let e = start[item]; e < start[item + 1]; e++) {
      const neighbour = other[e];
      const distance = place - places[neighbour];
      if (places[neighbour] === NOWHERE || distance <= low[e] || distance >= high[e]) continue;
      places[neighbour] = NOWHERE;
      weights[neighbour] += sizes[neighbour];
      waiting.push(neighbour);
    }
  }
  return true;
}

/** How much less a place takes to look at than a row that may be in the way. */
const PLACES_PER_LOOK = 4;

const heaviest = (waiting: readonly number[], weights: Float64Array): number =>
  waiting.reduce((best, item, at) => (weights[item] > weights[waiting[best]] ? at : best), 0);

function takeOut(waiting: number[], at: number): number {
  const item = waiting[at];
  const last = waiting.pop()!;
  if (at < waiting.length) waiting[at] = last;
  return item;
}

/** From 0 up to 1, the same ones each time: xorshift of 32 bits (Marsaglia 2003). */
function randomNumbers(): () => number {
  let x = 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

/** Adds up for all places of an item what it would push out there. */
class Sweep {
  /** Weight that begins at a place to be in the way, less what ends to be. Zero between two looks. */
  private readonly change: Float64Array;

  constructor(
    private readonly conflicts: Conflicts,
    private readonly last: Int32Array,
  ) {
    this.change = new Float64Array(last.reduce((most, place) => Math.max(most, place), 0) + 1);
  }

  /** The first of the places where least is in the way. */
  best(item: number, places: Int32Array, weights: Float64Array): { place: number; cost: number } {
    const { change } = this;
    const { start, other, low, high } = this.conflicts;
    const room = this.last[item];
    for (let e = start[item]; e < start[item + 1]; e++) {
      const place = places[other[e]];
      if (place === NOWHERE) continue;
      const [from, to] = [place + low[e] + 1, place + high[e]];
      if (to <= 0 || from > room || from >= to) continue;
      change[Math.max(0, from)] += weights[other[e]];
      if (to <= room) change[to] -= weights[other[e]];
    }
    const best = { place: 0, cost: Number.POSITIVE_INFINITY };
    for (let place = 0, cost = 0; place <= room; place++) {
      cost += change[place];
      if (cost >= best.cost) continue;
      best.place = place;
      best.cost = cost;
      if (cost === 0) break;
    }
    change.fill(0, 0, room + 1);
    return best;
  }
}

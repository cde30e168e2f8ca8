/** Puts rows into an arena of a given height: what is in the way of one leaves and is put somewhere else later. */

import type { Conflicts, Item } from './conflicts.js';

/** What a search takes: machines differ in seconds, not in these. */
export interface Effort {
  /** Looks at rows that are in one another's way. */
  looks: number;
  /** Places given to rows. */
  moves: number;
}

const NOWHERE = -1;

/**
 * Ejection search. The item that was in the way most often, or is largest, goes where what it pushes out weighs least; what was
 * pushed out weighs more from then on, so that no two keep pushing each other out.
 * @param offsets the place of each item; what ends above `height` is moved. They are right only where true is returned.
 * @param unit places are multiples of it
 * @param effort what has been taken so far, counted on; the search ends where one of them reaches what is `most`
 */
export function eject(
  items: readonly Item[],
  conflicts: Conflicts,
  offsets: Int32Array,
  height: number,
  unit: number,
  effort: Effort,
  most: Effort,
): boolean {
  if (items.some(({ bytes }) => bytes > height)) return false;
  const { start, other, low, high } = conflicts;
  const weights = Float64Array.from(items, ({ bytes }) => bytes);
  const waiting = [...items.keys()].filter((i) => offsets[i] + items[i].bytes > height);
  for (const i of waiting) offsets[i] = NOWHERE;
  const sweep = new Sweep(conflicts, unit);
  while (waiting.length > 0) {
    if (effort.looks >= most.looks || effort.moves >= most.moves) return false;
    const item = takeHeaviest(waiting, weights);
    const { bytes } = items[item];
    sweep.look(item, offsets, weights, height - bytes);
    effort.looks += sweep.count;
    effort.moves++;
    offsets[item] = sweep.place;
    if (sweep.cost === 0) continue;
    weights[item] += bytes;
    for (let e = start[item]; e < start[item + 1]; e++) {
      const neighbour = other[e];
      const distance = sweep.place - offsets[neighbour];
      if (offsets[neighbour] === NOWHERE || distance <= low[e] || distance >= high[e]) continue;
      offsets[neighbour] = NOWHERE;
      waiting.push(neighbour);
    }
  }
  return true;
}

function takeHeaviest(waiting: number[], weights: Float64Array): number {
  const heaviest = waiting.reduce((best, item, at) => (weights[item] > weights[waiting[best]] ? at : best), 0);
  const item = waiting[heaviest];
  const last = waiting.pop()!;
  if (heaviest < waiting.length) waiting[heaviest] = last;
  return item;
}

/** Goes over all places at which an item touches another one, and adds up what it would push out there. */
class Sweep {
  /** The best place that was seen, and the weight of what is in the way there. */
  place = 0;
  cost = 0;
  /** Neighbours that were looked at. */
  count = 0;
  private readonly lows: Float64Array;
  private readonly highs: Float64Array;
  private readonly places: Float64Array;
  private readonly weights: Float64Array;

  constructor(
    private readonly conflicts: Conflicts,
    private readonly unit: number,
  ) {
    const { start } = conflicts;
    const most = start.reduce((most, first, i) => Math.max(most, first - (start[i - 1] ?? 0)), 0);
    this.lows = new Float64Array(most);
    this.highs = new Float64Array(most);
    this.weights = new Float64Array(most);
    this.places = new Float64Array(2 * most + 2);
  }

  look(item: number, offsets: Int32Array, itemWeights: Float64Array, room: number): void {
    const { start, other, low, high } = this.conflicts;
    const { lows, highs, places, weights, unit } = this;
    let count = 0;
    let found = 0;
    places[found++] = 0;
    places[found++] = Math.floor(room / unit) * unit;
    for (let e = start[item]; e < start[item + 1]; e++) {
      const offset = offsets[other[e]];
      if (offset === NOWHERE) continue;
      const [from, to] = [offset + low[e], offset + high[e]];
      if (to <= 0 || from >= room) continue;
      // A number that sorts as its point and says whose it is.
      lows[count] = from * INDEX + count;
      highs[count] = to * INDEX + count;
      weights[count++] = itemWeights[other[e]];
      const [below, above] = [Math.floor(from / unit) * unit, Math.ceil(to / unit) * unit];
      if (below >= 0) places[found++] = below;
      if (above <= room) places[found++] = above;
    }
    this.count = count + 1;
    this.best(lows.subarray(0, count).sort(), highs.subarray(0, count).sort(), places.subarray(0, found).sort());
  }

  private best(lows: Float64Array, highs: Float64Array, places: Float64Array): void {
    const { weights } = this;
    this.cost = Number.POSITIVE_INFINITY;
    let [entered, left, cost] = [0, 0, 0];
    for (const place of places) {
      for (; entered < lows.length && lows[entered] < place * INDEX; entered++) cost += weights[indexOf(lows[entered])];
      // Up to the last index of this very point.
      for (; left < highs.length && highs[left] < (place + 1) * INDEX; left++) cost -= weights[indexOf(highs[left])];
      if (cost < this.cost) [this.cost, this.place] = [cost, place];
    }
  }
}

/** More than an item has neighbours; offsets times that are still whole numbers. */
const INDEX = 2 ** 20;

const indexOf = (key: number): number => key - Math.floor(key / INDEX) * INDEX;

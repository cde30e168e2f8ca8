/** Rows that hold something at the same time, as distances that their places must not have. */

import type { InPlace, RowLife } from './timeline.js';

/** Rows that are placed together, each at its own offset from the item's. */
export interface Item {
  bytes: number;
  from: number;
  to: number;
  rows: { life: RowLife; at: number }[];
}

/**
 * Of item i, entries [start[i], start[i + 1]): its place less that of the item `other` must not be between `low` and `high`;
 * it may be either of them. Several entries of the same other item leave distances between them that are right, such as
 * that of a row that takes another one's place. Places and distances count units.
 */
export interface Conflicts {
  start: Int32Array;
  other: Int32Array;
  low: Int32Array;
  high: Int32Array;
}

/** Rows that are used: those of a contiguous buffer together, all others alone. */
export function itemsOf(lives: readonly RowLife[][], contiguous: ReadonlySet<number>): Item[] {
  const items: Item[] = [];
  lives.forEach((rows, buffer) => {
    const used = rows.filter(({ from, to }) => from <= to);
    if (used.length === 0) return;
    const { bytes } = used[0];
    if (contiguous.has(buffer)) {
      items.push({
        bytes: rows.length * bytes,
        from: used.reduce((from, life) => Math.min(from, life.from), Infinity),
        to: used.reduce((to, life) => Math.max(to, life.to), -Infinity),
        rows: used.map((life) => ({ life, at: life.row * bytes })),
      });
    } else {
      for (const life of used) items.push({ bytes, from: life.from, to: life.to, rows: [{ life, at: 0 }] });
    }
  });
  return items;
}

type Interval = [low: number, high: number];

/** @param unit places are multiples of so many bytes */
export function conflictsOf(items: readonly Item[], inPlace: readonly InPlace[], unit: number): Conflicts {
  const takesFrom = new Map(inPlace.map(({ dying, written }) => [written, dying]));
  const entries = new Entries();
  const byStart = [...items.keys()].sort((a, b) => items[a].from - items[b].from);
  let active: number[] = [];
  for (const i of byStart) {
    active = active.filter((j) => items[j].to >= items[i].from);
    for (const j of active) {
      for (const [low, high] of forbidden(items[i], items[j], takesFrom))
        entries.add(i, j, Math.floor(low / unit), Math.ceil(high / unit));
    }
    active.push(i);
  }
  return entries.sorted(items.length);
}

/** Quadruples item, other, low, high. */
class Entries {
  private all = new Int32Array(2 ** 14);
  private length = 0;

  /** Conflicts go both ways: what holds for one item holds the other way round for the other. */
  add(item: number, other: number, low: number, high: number): void {
    if (this.length + 8 > this.all.length) {
      const grown = new Int32Array(2 * this.all.length);
      grown.set(this.all);
      this.all = grown;
    }
    for (const value of [item, other, low, high, other, item, -high, -low]) this.all[this.length++] = value;
  }

  sorted(items: number): Conflicts {
    const { all, length } = this;
    const count = length / 4;
    const start = new Int32Array(items + 1);
    for (let e = 0; e < length; e += 4) start[all[e] + 1]++;
    for (let i = 0; i < items; i++) start[i + 1] += start[i];
    const next = start.slice();
    const [other, low, high] = Array.from({ length: 3 }, () => new Int32Array(count));
    for (let e = 0; e < length; e += 4) {
      const at = next[all[e]]++;
      other[at] = all[e + 1];
      low[at] = all[e + 2];
      high[at] = all[e + 3];
    }
    return { start, other, low, high };
  }
}

/** Distances a - b at which two items meet. */
function forbidden(a: Item, b: Item, takesFrom: ReadonlyMap<RowLife, RowLife>): Interval[] {
  const found: Interval[] = [];
  for (const { life, at } of a.rows) {
    for (const { life: other, at: otherAt } of b.rows) {
      if (life.from > other.to || other.from > life.to) continue;
      const [low, same, high] = [otherAt - at - life.bytes, otherAt - at, otherAt + other.bytes - at];
      if (takesFrom.get(life) === other || takesFrom.get(other) === life) found.push([low, same], [same, high]);
      else found.push([low, high]);
    }
  }
  if (found.length < 2) return found;
  found.sort((x, y) => x[0] - y[0]);
  const joined: Interval[] = [];
  for (const [low, high] of found) {
    const last = joined.at(-1);
    if (last && low < last[1]) last[1] = Math.max(last[1], high);
    else joined.push([low, high]);
  }
  return joined;
}

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
 * that of a row that takes another one's place.
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

export function conflictsOf(items: readonly Item[], inPlace: readonly InPlace[]): Conflicts {
  const takesFrom = new Map<RowLife, Set<RowLife>>();
  for (const { dying, written } of inPlace) {
    if (!takesFrom.has(written)) takesFrom.set(written, new Set());
    takesFrom.get(written)!.add(dying);
  }
  const found: { other: number; low: number; high: number }[][] = items.map(() => []);
  const byStart = [...items.keys()].sort((a, b) => items[a].from - items[b].from);
  let active: number[] = [];
  for (const i of byStart) {
    active = active.filter((j) => items[j].to >= items[i].from);
    for (const j of active) {
      for (const [low, high] of forbidden(items[i], items[j], takesFrom)) {
        found[i].push({ other: j, low, high });
        found[j].push({ other: i, low: -high, high: -low });
      }
    }
    active.push(i);
  }
  const start = new Int32Array(items.length + 1);
  found.forEach((list, i) => {
    start[i + 1] = start[i] + list.length;
  });
  const all = found.flat();
  return {
    start,
    other: Int32Array.from(all, ({ other }) => other),
    low: Int32Array.from(all, ({ low }) => low),
    high: Int32Array.from(all, ({ high }) => high),
  };
}

/** Distances a - b at which two items meet. */
function forbidden(a: Item, b: Item, takesFrom: ReadonlyMap<RowLife, ReadonlySet<RowLife>>): Interval[] {
  const found: Interval[] = [];
  for (const { life, at } of a.rows) {
    for (const { life: other, at: otherAt } of b.rows) {
      if (life.from > other.to || other.from > life.to) continue;
      const [low, same, high] = [otherAt - at - life.bytes, otherAt - at, otherAt + other.bytes - at];
      if (takesFrom.get(life)?.has(other) || takesFrom.get(other)?.has(life)) found.push([low, same], [same, high]);
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

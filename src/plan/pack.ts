/**
 * Addresses for rows with lifetimes: two rows that hold something during the same task must not overlap. Rows of a
 * contiguous buffer (a resident frame, an output) keep their places behind one another, yet each is free again once it
 * has been read; all other rows go wherever there is room.
 */
import type { InPlace, RowLife } from './timeline.js';

/** Bytes [offset, offset + bytes) of the arena during tasks [from, to]. */
interface Block {
  offset: number;
  bytes: number;
  from: number;
  to: number;
}

/** Rows that are placed together: their offsets within the item are fixed. */
interface Item {
  bytes: number;
  from: number;
  to: number;
  rows: { life: RowLife; at: number }[];
  contiguous: boolean;
}

export interface Packing {
  /** Offset in the arena of every row, by buffer and row. */
  offsets: number[][];
  arenaBytes: number;
}

type Order = (a: Item, b: Item) => number;

/**
 * Contiguous buffers find their places before single rows, what is written last first: an input then stands right behind
 * the output that eats it up.
 */
const contiguousFirst =
  (rest: Order): Order =>
  (a, b) => {
    if (a.contiguous !== b.contiguous) return a.contiguous ? -1 : 1;
    return a.contiguous ? b.from - a.from || b.bytes - a.bytes : rest(a, b);
  };

const ORDERS: Order[] = [
  contiguousFirst((a, b) => a.from - b.from || b.bytes - a.bytes),
  contiguousFirst((a, b) => b.bytes - a.bytes || a.from - b.from),
  contiguousFirst((a, b) => b.to - b.from - (a.to - a.from) || b.bytes - a.bytes),
  (a, b) => b.bytes - a.bytes || b.from - a.from,
];
/** Repairs of an order: the item that ends highest is placed first. */
const REPAIRS = 12;

/**
 * @param contiguous buffers whose rows must follow one another
 * @param bound the most live bytes: no packing is smaller, so one that reaches it ends the search
 * @param unit rows that are placed alone start at a multiple of it
 * @param limit an arena of so many bytes or more is of no use
 * @returns undefined where no order stays below the limit
 */
export function pack(
  lives: readonly RowLife[][],
  inPlace: readonly InPlace[],
  contiguous: ReadonlySet<number>,
  bound: number,
  unit: number,
  limit: number,
): Packing | undefined {
  const items = itemsOf(lives, inPlace, contiguous);
  let best: Packing | undefined;
  for (const order of ORDERS) {
    const sorted = [...items].sort(order);
    for (let repair = 0; repair <= REPAIRS; repair++) {
      const { packing, highest } = firstFit(lives, sorted, unit, best?.arenaBytes ?? limit);
      best = packing ?? best;
      if (best?.arenaBytes === bound) return best;
      if (highest === 0) break;
      sorted.unshift(...sorted.splice(highest, 1));
    }
  }
  return best;
}

/** Rows that are used, alone or, of contiguous buffers, together; rows that take each other's place share an item. */
function itemsOf(lives: readonly RowLife[][], inPlace: readonly InPlace[], contiguous: ReadonlySet<number>): Item[] {
  const items: Item[] = [];
  const places = new Map<RowLife, { item: Item; at: number }>();
  const add = (rows: Item['rows'], isContiguous: boolean): void => {
    const item: Item = { rows, contiguous: isContiguous, bytes: 0, from: 0, to: 0 };
    items.push(item);
    settle(item);
  };
  const settle = (item: Item): void => {
    item.bytes = item.rows.reduce((end, { life, at }) => Math.max(end, at + life.bytes), 0);
    item.from = item.rows.reduce((from, { life }) => Math.min(from, life.from), Infinity);
    item.to = item.rows.reduce((to, { life }) => Math.max(to, life.to), -Infinity);
    for (const { life, at } of item.rows) places.set(life, { item, at });
  };
  lives.forEach((rows, buffer) => {
    const used = rows.filter(({ from, to }) => from <= to);
    if (used.length === 0) return;
    // Rows that nobody uses keep their places among the others of a contiguous buffer.
    const together = contiguous.has(buffer);
    if (together)
      add(
        rows.map((life, row) => ({ life, at: row * life.bytes })),
        true,
      );
    else for (const life of used) add([{ life, at: 0 }], false);
  });
  const pairsOf = new Map<Item, InPlace[]>();
  for (const pair of inPlace) {
    const { item } = places.get(pair.written)!;
    pairsOf.set(item, [...(pairsOf.get(item) ?? []), pair]);
  }
  for (const [guest, pairs] of pairsOf) {
    const [first] = pairs;
    const host = places.get(first.dying)!;
    if (host.item === guest || host.item.contiguous !== guest.contiguous) continue;
    const shift = host.at - places.get(first.written)!.at;
    if (!fits(host.item, guest, shift, new Map(pairs.map(({ dying, written }) => [written, dying])))) continue;
    const up = Math.max(0, -shift);
    host.item.rows = [
      ...host.item.rows.map(({ life, at }) => ({ life, at: at + up })),
      ...guest.rows.map(({ life, at }) => ({ life, at: at + shift + up })),
    ];
    guest.rows = [];
    settle(host.item);
  }
  return items.filter((item) => item.rows.length > 0);
}

/** Whether a guest may stand `shift` bytes above the start of its host: rows may only meet where one takes over from the other. */
function fits(host: Item, guest: Item, shift: number, dyingFor: ReadonlyMap<RowLife, RowLife>): boolean {
  return guest.rows.every(({ life, at }) =>
    host.rows.every((other) => {
      const apart = at + shift >= other.at + other.life.bytes || at + shift + life.bytes <= other.at;
      if (apart || life.from > other.life.to || life.to < other.life.from) return true;
      return at + shift === other.at && dyingFor.get(life) === other.life && life.from === other.life.to;
    }),
  );
}

/**
 * `highest` is the position of the item that ends highest; where an item ends at `limit` or above, of that one, and the rest
 * is not placed.
 */
function firstFit(
  lives: readonly RowLife[][],
  items: readonly Item[],
  unit: number,
  limit: number,
): { packing?: Packing; highest: number } {
  /** By offset. */
  const blocks: Block[] = [];
  const found: number[] = [];
  let arenaBytes = 0;
  let highest = 0;
  for (const [position, item] of items.entries()) {
    const offset = item.contiguous ? lowestOffset(item, blocks, unit) : lowestOfRows(item, blocks, unit);
    const end = offset + item.bytes;
    if (end >= limit) return { highest: position };
    if (end > arenaBytes) [arenaBytes, highest] = [end, position];
    found.push(offset);
    for (const { life, at } of item.rows) {
      if (life.from <= life.to)
        insert(blocks, { offset: offset + at, bytes: life.bytes, from: life.from, to: life.to });
    }
  }
  const offsets = lives.map((rows) => rows.map(() => 0));
  for (const [position, { rows }] of items.entries()) {
    for (const { life, at } of rows) offsets[life.buffer][life.row] = found[position] + at;
  }
  return { packing: { offsets, arenaBytes }, highest };
}

function insert(blocks: Block[], block: Block): void {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks[middle].offset <= block.offset) low = middle + 1;
    else high = middle;
  }
  blocks.splice(low, 0, block);
}

const roundUp = (offset: number, unit: number): number => Math.ceil(offset / unit) * unit;

/** The lowest offset at which rows that all start there, one after the other, meet no placed block. */
function lowestOfRows(item: Item, blocks: readonly Block[], unit: number): number {
  let offset = 0;
  for (let moved = true; moved; ) {
    moved = false;
    for (const block of blocks) {
      if (block.from > item.to || block.to < item.from || block.offset + block.bytes <= offset) continue;
      if (block.offset >= offset + item.bytes) break;
      for (const { life } of item.rows) {
        if (life.from > block.to || life.to < block.from || block.offset >= offset + life.bytes) continue;
        offset = roundUp(block.offset + block.bytes, unit);
        // Rows of other sizes may now meet what was passed.
        moved = item.rows.length > 1;
        break;
      }
    }
  }
  return offset;
}

/** The lowest offset at which no row of the item meets a placed block: each conflict forbids an interval of offsets. */
function lowestOffset(item: Item, blocks: readonly Block[], unit: number): number {
  const forbidden: [low: number, high: number][] = [];
  for (const { offset, bytes, from, to } of blocks) {
    if (from > item.to || to < item.from) continue;
    // Rows that meet the block, one behind the other, forbid one interval together.
    let [low, high] = [0, 0];
    for (const { life, at } of item.rows) {
      if (life.from > to || life.to < from) continue;
      const [below, above] = [offset - at - life.bytes, offset + bytes - at];
      if (high > low && below <= high && above >= low) [low, high] = [Math.min(low, below), Math.max(high, above)];
      else {
        if (high > low) forbidden.push([low, high]);
        [low, high] = [below, above];
      }
    }
    if (high > low && high > 0) forbidden.push([low, high]);
  }
  forbidden.sort((a, b) => a[0] - b[0]);
  let offset = 0;
  for (const [low, high] of forbidden) {
    if (low >= offset) break; // offsets up to `low` are free again
    offset = Math.max(offset, roundUp(high, unit));
  }
  return offset;
}

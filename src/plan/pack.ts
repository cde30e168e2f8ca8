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
 */
export function pack(
  lives: readonly RowLife[][],
  inPlace: readonly InPlace[],
  contiguous: ReadonlySet<number>,
  bound: number,
  unit: number,
): Packing {
  const items = itemsOf(lives, inPlace, contiguous);
  let best: Packing | undefined;
  for (const order of ORDERS) {
    const sorted = [...items].sort(order);
    for (let repair = 0; repair <= REPAIRS; repair++) {
      const { packing, highest } = firstFit(lives, sorted, unit);
      if (!best || packing.arenaBytes < best.arenaBytes) best = packing;
      if (best.arenaBytes === bound || highest === 0) break;
      sorted.unshift(...sorted.splice(highest, 1));
    }
    if (best!.arenaBytes === bound) break;
  }
  return best!;
}

/** Rows that are used, alone or, of contiguous buffers, together; rows that take each other's place share an item. */
function itemsOf(
  lives: readonly RowLife[][],
  inPlace: readonly InPlace[],
  contiguous: ReadonlySet<number>,
): Item[] {
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
    if (together) add(rows.map((life, row) => ({ life, at: row * life.bytes })), true);
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

/** `highest` is the position of the item that ends highest. */
function firstFit(
  lives: readonly RowLife[][],
  items: readonly Item[],
  unit: number,
): { packing: Packing; highest: number } {
  /** By offset. */
  const blocks: Block[] = [];
  const offsets = lives.map((rows) => rows.map(() => 0));
  let arenaBytes = 0;
  let highest = 0;
  for (const [position, item] of items.entries()) {
    const found = item.rows.length === 1 ? lowestOfRow(item, blocks, unit) : lowestOffset(item, blocks, unit);
    for (const { life, at } of item.rows) {
      offsets[life.buffer][life.row] = found + at;
      if (life.from <= life.to) insert(blocks, { offset: found + at, bytes: life.bytes, from: life.from, to: life.to });
    }
    if (found + item.bytes > arenaBytes) [arenaBytes, highest] = [found + item.bytes, position];
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

/** The lowest offset at which a single row meets no placed block. */
function lowestOfRow({ bytes, from, to }: Item, blocks: readonly Block[], unit: number): number {
  let offset = 0;
  for (const block of blocks) {
    if (block.from > to || block.to < from) continue;
    if (block.offset >= offset + bytes) break;
    offset = Math.max(offset, roundUp(block.offset + block.bytes, unit));
  }
  return offset;
}

/** The lowest offset at which no row of the item meets a placed block: each conflict forbids an interval of offsets. */
function lowestOffset(item: Item, blocks: readonly Block[], unit: number): number {
  const forbidden: [low: number, high: number][] = [];
  for (const block of blocks) {
    if (block.from > item.to || block.to < item.from) continue;
    for (const { life, at } of item.rows) {
      if (life.from > block.to || life.to < block.from) continue;
      forbidden.push([block.offset - at - life.bytes, block.offset + block.bytes - at]);
    }
  }
  forbidden.sort((a, b) => a[0] - b[0]);
  let offset = 0;
  for (const [low, high] of forbidden) {
    if (low >= offset) break; // offsets up to `low` are free again
    offset = Math.max(offset, roundUp(high, unit));
  }
  return offset;
}

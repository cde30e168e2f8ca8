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
 */
export function pack(
  lives: readonly RowLife[][],
  inPlace: readonly InPlace[],
  contiguous: ReadonlySet<number>,
  bound: number,
): Packing {
  const items = itemsOf(lives, inPlace, contiguous);
  let best: Packing | undefined;
  for (const order of ORDERS) {
    const sorted = [...items].sort(order);
    for (let repair = 0; repair <= REPAIRS; repair++) {
      const { packing, highest } = firstFit(lives, sorted);
      if (!best || packing.arenaBytes < best.arenaBytes) best = packing;
      if (best.arenaBytes === bound || highest === 0) break;
      sorted.unshift(...sorted.splice(highest, 1));
    }
    if (best!.arenaBytes === bound) break;
  }
  return best!;
}

function itemsOf(lives: readonly RowLife[][], inPlace: readonly InPlace[], contiguous: ReadonlySet<number>): Item[] {
  const items: Item[] = [];
  const itemOf = new Map<RowLife, Item>();
  const add = (rows: Item['rows'], bytes: number, contiguous: boolean) => {
    const item = {
      contiguous,
      bytes,
      from: Math.min(...rows.map(({ life }) => life.from)),
      to: Math.max(...rows.map(({ life }) => life.to)),
      rows,
    };
    items.push(item);
    for (const { life } of rows) itemOf.set(life, item);
  };
  lives.forEach((rows, buffer) => {
    const used = rows.filter((life) => life.from <= life.to);
    if (contiguous.has(buffer) && used.length > 0) {
      add(
        rows.map((life, row) => ({ life, at: row * life.bytes })),
        rows.length * rows[0].bytes,
        true,
      );
    } else {
      for (const life of used) add([{ life, at: 0 }], life.bytes, false);
    }
  });
  // What takes over a row's place becomes part of its item.
  for (const { dying, written } of inPlace) {
    const host = itemOf.get(dying)!;
    const guest = itemOf.get(written)!;
    if (host === guest) continue;
    if ((host.contiguous || guest.contiguous) && !alike(host, guest, inPlace)) continue;
    host.rows.push(...guest.rows);
    host.to = Math.max(host.to, guest.to);
    host.bytes = Math.max(host.bytes, guest.bytes);
    for (const { life } of guest.rows) itemOf.set(life, host);
    guest.rows = [];
  }
  return items.filter((item) => item.rows.length > 0);
}

/** Whether a contiguous buffer takes the place of another one row by row, so that both can start at the same address. */
function alike(host: Item, guest: Item, inPlace: readonly InPlace[]): boolean {
  if (!host.contiguous || !guest.contiguous || host.bytes !== guest.bytes) return false;
  const [from, to] = [host.rows[0].life.buffer, guest.rows[0].life.buffer];
  const pairs = inPlace.filter(({ dying, written }) => dying.buffer === from && written.buffer === to);
  return pairs.length === guest.rows.length && pairs.every(({ dying, written }) => dying.row === written.row);
}

/** `highest` is the position of the item that ends highest. */
function firstFit(lives: readonly RowLife[][], items: readonly Item[]): { packing: Packing; highest: number } {
  const blocks: Block[] = [];
  const offsets = lives.map((rows) => rows.map(() => 0));
  let arenaBytes = 0;
  let highest = 0;
  for (const [position, item] of items.entries()) {
    const offset = lowestOffset(item, blocks);
    for (const { life, at } of item.rows) {
      offsets[life.buffer][life.row] = offset + at;
      if (life.from <= life.to) blocks.push({ offset: offset + at, bytes: life.bytes, from: life.from, to: life.to });
    }
    if (offset + item.bytes > arenaBytes) [arenaBytes, highest] = [offset + item.bytes, position];
  }
  return { packing: { offsets, arenaBytes }, highest };
}

/** The lowest offset at which no row of the item meets a placed block: each conflict forbids an interval of offsets. */
function lowestOffset(item: Item, blocks: readonly Block[]): number {
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
    offset = Math.max(offset, high);
  }
  return offset;
}

/**
 * Addresses for buffers with lifetimes: two that live at the same time must not overlap. Several ways are tried, the
 * smallest arena wins. The first one reaches the lower bound (the largest sum of live bytes) for every chain of layers.
 */
import type { Lifetime } from './lifetimes.js';

export interface Placement extends Lifetime {
  /** Byte in the arena. */
  offset: number;
}

type Order = (a: Lifetime, b: Lifetime) => number;

const ORDERS: Order[] = [
  (a, b) => b.bytes - a.bytes || a.from - b.from,
  (a, b) => b.to - b.from - (a.to - a.from) || b.bytes - a.bytes,
  (a, b) => b.bytes * (b.to - b.from + 1) - a.bytes * (a.to - a.from + 1),
  (a, b) => a.from - b.from || b.bytes - a.bytes,
];

export const arenaBytes = (placements: readonly Placement[]): number =>
  placements.reduce((end, { offset, bytes }) => Math.max(end, offset + bytes), 0);

export function place(spans: readonly Lifetime[], lowerBound: number): Placement[] {
  let best = bothEnds(spans, lowerBound);
  for (const order of ORDERS) {
    if (arenaBytes(best) === lowerBound) break;
    const placements = firstFit([...spans].sort(order));
    if (arenaBytes(placements) < arenaBytes(best)) best = placements;
  }
  return best;
}

/** In the order of execution, alternately as low and as high as possible: a layer's input and output face each other. */
function bothEnds(spans: readonly Lifetime[], lowerBound: number): Placement[] {
  const placed: Placement[] = [];
  const inOrder = [...spans].sort((a, b) => a.from - b.from || a.to - b.to);
  for (const [i, span] of inOrder.entries()) {
    const neighbours = placed.filter((other) => meet(span, other));
    const high = i % 2 ? highest(span, neighbours, lowerBound) : -1;
    placed.push({ ...span, offset: high >= 0 ? high : lowest(span, neighbours) });
  }
  return placed;
}

function firstFit(spans: readonly Lifetime[]): Placement[] {
  const placed: Placement[] = [];
  for (const span of spans) {
    const neighbours = placed.filter((other) => meet(span, other));
    placed.push({ ...span, offset: lowest(span, neighbours) });
  }
  return placed;
}

const meet = (a: Lifetime, b: Lifetime): boolean => a.from <= b.to && b.from <= a.to;

/** The lowest place beside all neighbours. */
function lowest(span: Lifetime, neighbours: readonly Placement[]): number {
  let offset = 0;
  for (const other of [...neighbours].sort((a, b) => a.offset - b.offset)) {
    if (offset + span.bytes <= other.offset) break;
    offset = Math.max(offset, other.offset + other.bytes);
  }
  return offset;
}

/** The highest place below `end` beside all neighbours; negative if there is none. */
function highest(span: Lifetime, neighbours: readonly Placement[], end: number): number {
  let top = end;
  for (const other of [...neighbours].sort((a, b) => b.offset - a.offset)) {
    if (other.offset + other.bytes + span.bytes <= top) break;
    top = Math.min(top, other.offset);
  }
  return top - span.bytes;
}

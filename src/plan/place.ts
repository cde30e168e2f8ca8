/**
 * Addresses for buffers with lifetimes: two that live at the same time must not overlap. First fit, tried in several
 * orders; for a chain of layers one of them reaches the lower bound (the largest sum of live bytes).
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
  let best: Placement[] | undefined;
  for (const order of ORDERS) {
    const placements = firstFit([...spans].sort(order));
    if (!best || arenaBytes(placements) < arenaBytes(best)) best = placements;
    if (arenaBytes(best) === lowerBound) break;
  }
  return best!;
}

function firstFit(spans: readonly Lifetime[]): Placement[] {
  const placed: Placement[] = [];
  for (const span of spans) {
    const neighbours = placed
      .filter((other) => other.from <= span.to && span.from <= other.to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of neighbours) {
      if (offset + span.bytes <= other.offset) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    placed.push({ ...span, offset });
  }
  return placed;
}

/** The Pareto front: candidates that no other one beats. */
import type { Priced } from './pricing.js';

/** Merit of a candidate: its accuracy, or, where that is not known, its multiply-accumulates. */
export const merit = ({ accuracy, macs }: Priced): number => accuracy ?? macs;

/** Costs to minimise. An unknown cost is 0 for every candidate, so it decides nothing. */
const costs = ({ latencyMs, ramBytes, flashBytes }: Priced): number[] => [
  latencyMs.estimate ?? 0,
  ramBytes ?? 0,
  flashBytes ?? 0,
];

/**
 * The Pareto front of candidates on one board, best first: no other one has as much merit, or more, at no higher latency,
 * RAM and flash, unless all are equal.
 */
export function paretoFront(priced: readonly Priced[]): Priced[] {
  const sorted = [...priced].sort((a, b) => merit(b) - merit(a));
  const front: Priced[] = [];
  for (const one of sorted) {
    if (!sorted.some((other) => other !== one && beats(other, one))) front.push(one);
  }
  return front;
}

function beats(a: Priced, b: Priced): boolean {
  if (merit(a) < merit(b)) return false;
  const [of, than] = [costs(a), costs(b)];
  if (of.some((value, i) => value > than[i])) return false;
  return merit(a) > merit(b) || of.some((value, i) => value < than[i]);
}

/** The search: candidates are priced on every board, and what is left to choose from on each of them is its front. */
import type { Candidate } from './candidates.js';
import { paretoFront } from './front.js';
import type { Priced, Terms } from './pricing.js';
import { priceAll } from './workers.js';

export interface BoardAnswer {
  target: string;
  candidates: number;
  /** Those within the board and the limits. */
  fit: number;
  /** Best first. */
  front: Priced[];
  priced: Priced[];
  /** The smallest, for boards that nothing fits. */
  nearest: Priced;
}

export async function search(
  candidates: readonly Candidate[],
  terms: Terms,
  progress?: (done: number) => void,
): Promise<BoardAnswer[]> {
  const priced = await priceAll(candidates, terms, progress);
  return terms.targets.map((target) => {
    const own = priced.filter((one) => one.target === target);
    const fitting = own.filter(({ ok }) => ok);
    const nearest = own.reduce((a, b) => (b.arenaBytes + b.blobBytes < a.arenaBytes + a.blobBytes ? b : a));
    return { target, candidates: own.length, fit: fitting.length, front: paretoFront(fitting), priced: own, nearest };
  });
}

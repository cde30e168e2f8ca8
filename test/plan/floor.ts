/**
 * What no order of row tasks can go below, if nothing is computed twice. A chain of tensors, each a function of the one before:
 * how many rows of each have been computed is a state, and every order goes through states with 0, 1, 2... rows of any one
 * tensor. So the cheapest state with m rows of tensor k, all others being free, is a bound for all orders; and the best of these
 * bounds is one too. Tensors beside the chain (what a residual sum skips) count as nothing.
 */

import { inputRows } from '../../src/plan/rows.js';
import type { Program, Step } from '../../src/program/program.js';
import { kindOf } from '../../src/steps/index.js';

interface Link {
  step: Step;
  rows: number;
  rowBytes: number;
}

/** Bytes of activations. @param isFed whether rows of the input arrive one by one, and are there as a whole otherwise */
export function floor(program: Program, isFed: boolean): number {
  const links = chain(program);
  const [{ step: first }] = links;
  const heights = [first.input.height, ...links.map(({ rows }) => rows)];
  const bytes = [first.input.rowStride, ...links.map(({ rowBytes }) => rowBytes)];
  const last = links.length;
  // Rows of tensor i - 1 that its successor needs for its first n rows, and does not need any more behind them.
  const needed = (i: number, n: number) =>
    n === 0 ? 0 : inputRows(links[i - 1].step, links[i - 1].step.input, 0, n)[1];
  const dead = (i: number, n: number) =>
    n === heights[i]
      ? heights[i - 1]
      : Math.min(heights[i - 1], inputRows(links[i - 1].step, links[i - 1].step.input, n, n + 1)[0]);

  // Least bytes of tensors before i, and of i and those behind it, where n rows of i are done.
  const before: number[][] = [heights[0] + 1].map((count) => new Array<number>(count).fill(0));
  for (let i = 1; i <= last; i++) {
    before.push(Array.from({ length: heights[i] + 1 }, (_, n) => cheapest(i, needed(i, n), dead(i, n), before[i - 1])));
  }
  function cheapest(i: number, from: number, gone: number, costs: readonly number[]): number {
    let best = Number.POSITIVE_INFINITY;
    for (let rows = i === 1 && !isFed ? heights[0] : from; rows <= heights[i - 1]; rows++)
      best = Math.min(best, bytes[i - 1] * Math.max(0, rows - gone) + costs[rows]);
    return best;
  }
  const behind: number[][] = [];
  behind[last] = Array.from({ length: heights[last] + 1 }, (_, n) => n * bytes[last]);
  for (let i = last - 1; i >= 0; i--) {
    behind[i] = Array.from({ length: heights[i] + 1 }, (_, n) => {
      let best = Number.POSITIVE_INFINITY;
      for (let next = 0; next <= heights[i + 1] && needed(i + 1, next) <= n; next++)
        best = Math.min(best, bytes[i] * Math.max(0, n - dead(i + 1, next)) + behind[i + 1][next]);
      return best;
    });
  }

  let bound = 0;
  for (let i = 1; i <= last; i++) {
    const { step } = links[i - 1];
    const shared = kindOf(step).worksInPlace?.(step, step.input) ? Math.min(bytes[i - 1], bytes[i]) : 0;
    for (let n = 0; n <= heights[i]; n++) {
      bound = Math.max(bound, before[i][n] + behind[i][n]);
      // While the next row is computed, what it is computed from is there.
      const task = n < heights[i] ? cheapest(i, needed(i, n + 1), dead(i, n), before[i - 1]) : 0;
      if (n < heights[i]) bound = Math.max(bound, task + behind[i][n] + bytes[i] - shared);
    }
  }
  return bound;
}

/** Steps that follow one another, each from the output of the one before. */
function chain(program: Program): Link[] {
  const links: Link[] = [];
  let { buffer } = program.inputs[0].view;
  for (const step of program.steps) {
    const reads = step.input.buffer === buffer || step.input2?.buffer === buffer;
    if (!reads) throw new Error(`${step.name}: no chain`);
    if (step.output.buffer === buffer) continue;
    const { height, rowStride } = step.output;
    links.push({ step, rows: height, rowBytes: rowStride });
    buffer = step.output.buffer;
  }
  return links;
}

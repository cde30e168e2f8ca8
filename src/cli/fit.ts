/** Which plan a board gets where --memory is not given: the fewest ops in the RAM that it has. */

import type { Runtime, Target } from '../boards/target.js';
import type { ModelCost } from '../budget/cost.js';
import { ramOf } from '../budget/price-memory.js';
import type { Limits } from '../budget/verdict.js';
import type { Memory } from '../plan/planner.js';

/** A plan with fewer rows at a time may call other kernels, whose compiled code is RAM too: so the first number may not do. */
const TRIES = 3;

/**
 * The cost of the fast plan where that fits, else of the one with the fewest ops that fits, else of the least.
 * @param costOf the cost of a plan; undefined: of the plan that a model has without any option. It is asked for once each.
 */
export async function fittingCost(
  costOf: (memory?: Memory) => Promise<ModelCost>,
  target: Target,
  limits: Limits,
  runtime: Runtime,
): Promise<ModelCost> {
  const over = (cost: ModelCost): number => {
    const { atLeast, limit } = ramOf(target, cost, limits, runtime);
    return limit === null ? 0 : Math.max(0, atLeast - limit);
  };
  const need = ({ arenaBytes, scratchBytes }: ModelCost): number => arenaBytes + scratchBytes;
  const fast = await costOf();
  if (over(fast) === 0 || fast.isPlanned) return fast;
  const least = await costOf('min');
  let memory = need(fast) - over(fast);
  for (let tried = 0; tried < TRIES && over(least) === 0 && memory > need(least); tried++) {
    const cost = await costOf(memory);
    if (over(cost) === 0) return cost;
    memory = Math.min(memory, need(cost)) - over(cost);
  }
  return least;
}

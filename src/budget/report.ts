/** The answer of `budget`: every model on every board, ready for JSON; also the format of a baseline. */

import type { Runtime, Target } from '../boards/target.js';
import type { ErrorCode } from '../errors.js';
import { type MadeUp, madeUp } from '../report/made-up.js';
import type { ModelCost, StepCost } from './cost.js';
import { price } from './price.js';
import type { Limits, TargetVerdict } from './verdict.js';

/** Stands in every output: nothing here was measured on a board. */
export const DISCLAIMER =
  'Latencies are estimates from counted ops and published or emulated figures; no board was measured.';

export interface ModelSummary extends MadeUp {
  model: string;
  macs: number;
  ops: number;
  blobBytes: number;
  arenaBytes: number;
  scratchBytes: number;
  steps: StepCost[];
}

/** A model of a config file that could not be priced. */
export interface Refusal {
  model: string;
  code: ErrorCode;
  message: string;
}

export interface BudgetReport {
  ok: boolean;
  note: string;
  models: ModelSummary[];
  targets: ({ model: string } & TargetVerdict)[];
  /** Boards of `all` that do not offer the runtime. */
  skipped: string[];
  /** Models that could not be priced; the verdicts on the others stand. */
  refused: Refusal[];
}

/** One model against some boards. */
export interface Job {
  cost: ModelCost;
  targets: Target[];
  limits: Limits;
  runtime: Runtime;
}

export function budgetReport(
  jobs: readonly Job[],
  skipped: readonly string[] = [],
  refused: Refusal[] = [],
): BudgetReport {
  const models = new Map<string, ModelSummary>();
  const targets: BudgetReport['targets'] = [];
  for (const { cost, targets: boards, limits, runtime } of jobs) {
    if (!models.has(cost.name)) models.set(cost.name, summary(cost));
    for (const board of boards) targets.push({ model: cost.name, ...price(board, cost, limits, runtime) });
  }
  const ok = refused.length === 0 && targets.every((verdict) => verdict.ok);
  return { ok, note: DISCLAIMER, models: [...models.values()], targets, skipped: [...new Set(skipped)], refused };
}

function summary(cost: ModelCost): ModelSummary {
  const { name, macs, ops, blobBytes, arenaBytes, scratchBytes, steps } = cost;
  return { model: name, ...madeUp(cost), macs, ops, blobBytes, arenaBytes, scratchBytes, steps };
}

/** Prices of candidates: each is compiled and planned as `budget` does it, its ops are composed, and it is priced. */
import { asset } from '../assets.js';
import { defaultRuntime, loadTarget, type Runtime, type Target } from '../boards/target.js';
import type { ModelCost } from '../budget/cost.js';
import { modelCost } from '../budget/cost.js';
import { jsCosts } from '../budget/js-cost.js';
import { price } from '../budget/price.js';
import type { LatencyVerdict, Limits } from '../budget/verdict.js';
import { compile } from '../compile.js';
import { readBlob } from '../format/read.js';
import { buildMobileNet, type WeightCache } from '../mobilenet/builder.js';
import { mobileNetCost } from '../mobilenet/cost.js';
import type { PlanOptions } from '../plan/plan.js';
import { type Candidate, specOf, type Task } from './candidates.js';
import { Counter } from './counter.js';

export interface Terms {
  task: Task;
  targets: readonly string[];
  limits: Limits;
  /** undefined: each board's own. */
  runtime?: Runtime;
  memory: NonNullable<PlanOptions['memory']>;
}

/** A candidate on a board. */
export interface Priced extends Candidate {
  target: string;
  runtime: Runtime;
  macs: number;
  params: number;
  /** wasm3 ops of one inference. */
  ops: number;
  /** Within the board and the limits. */
  ok: boolean;
  latencyMs: Pick<LatencyVerdict, 'estimate' | 'low' | 'high'>;
  /** null where a part is unknown. */
  ramBytes: number | null;
  flashBytes: number | null;
  arenaBytes: number;
  blobBytes: number;
  /** Why it is not ok, and what could not be told. */
  reasons: string[];
}

export class Pricing {
  private readonly counter = new Counter({ kernels: asset('kernels.wasm'), rounding: 'double' });
  private readonly boards: { target: Target; runtime: Runtime }[];
  private weights: { alpha: number; cache: WeightCache } = { alpha: 0, cache: new Map() };

  constructor(private readonly terms: Terms) {
    this.boards = terms.targets.map((id) => {
      const target = loadTarget(id);
      return { target, runtime: terms.runtime ?? defaultRuntime(target) };
    });
  }

  /** Candidates of the same width should follow one another: they share weights and counts. */
  price(candidate: Candidate): Priced[] {
    const { task, limits, memory } = this.terms;
    if (candidate.alpha !== this.weights.alpha) this.weights = { alpha: candidate.alpha, cache: new Map() };
    const spec = specOf(candidate, task);
    // Random weights have no dead channels.
    const compiled = compile(buildMobileNet(spec, 0, this.weights.cache), { memory, deadChannels: false });
    const { blob } = compiled;
    const cost: ModelCost = {
      ...modelCost(readBlob(blob), blob, this.counter.count(compiled), compiled),
      ...(this.boards.some(({ runtime }) => runtime === 'js') && { js: jsCosts(blob) }),
    };
    const { macs, params } = mobileNetCost(spec);
    return this.boards.map(({ target, runtime }) => {
      const { ok, latencyMs, ram, flash, reasons } = price(target, cost, limits, runtime);
      return {
        ...candidate,
        target: target.id,
        runtime,
        macs,
        params,
        ops: cost.ops,
        ok,
        latencyMs: { estimate: latencyMs.estimate, low: latencyMs.low, high: latencyMs.high },
        ramBytes: ram.total,
        flashBytes: flash.total,
        arenaBytes: cost.arenaBytes,
        blobBytes: cost.blobBytes,
        reasons,
      };
    });
  }
}

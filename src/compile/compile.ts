/** Graph -> .dw file, in one look: lower, plan, write. */
import { writeBlob } from '../format/write.js';
import { graphCost } from '../graph/cost.js';
import type { Graph } from '../graph/graph.js';
import { type Plan, type PlanOptions, plan } from '../plan/plan.js';
import { lower } from './lower.js';
import type { Program } from './program.js';

export interface CompileOptions extends PlanOptions {
  /** Requantisation rounds twice, as TFLite Micro does by default, or once. */
  rounding?: 'double' | 'single';
  /** Off: one step per operator, so that every layer's output can be looked at. */
  fuse?: boolean;
}

export interface Compiled {
  /** The .dw file. */
  blob: Uint8Array;
  program: Program;
  plan: Plan;
}

/** Input values that convolutions pack at a time where RAM is short: half as many as usual cost few ops more. */
const SMALL_K_CHUNK = 32;

/**
 * Compiles a graph.
 * @throws DepthwiseError MODEL_UNSUPPORTED, MODEL_TOO_LARGE.
 */
export function compile(graph: Graph, options: CompileOptions = {}): Compiled {
  const { rounding = 'double', fuse = true, memory = 'fast', frame = 'resident' } = options;
  const kChunk = memory === 'min' ? SMALL_K_CHUNK : undefined;
  const program = lower(graph, { rounding, fuse, kChunk });
  const planned = plan(program, { memory, frame });
  return { blob: writeBlob(program, planned, graphCost(graph).macs), program, plan: planned };
}

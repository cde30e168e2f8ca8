/** Graph -> .dw file, in one look: lower, plan, write. */
import { writeBlob } from '../format/write.js';
import { graphCost } from '../graph/cost.js';
import type { Graph } from '../graph/graph.js';
import { type Plan, plan } from '../plan/plan.js';
import { lower } from './lower.js';
import type { Program } from './program.js';

export interface CompileOptions {
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

/**
 * Compiles a graph.
 * @throws DepthwiseError MODEL_UNSUPPORTED, MODEL_TOO_LARGE.
 */
export function compile(graph: Graph, options: CompileOptions = {}): Compiled {
  const program = lower(graph, { rounding: options.rounding ?? 'double', fuse: options.fuse ?? true });
  const planned = plan(program);
  return { blob: writeBlob(program, planned, graphCost(graph).macs), program, plan: planned };
}

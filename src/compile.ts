/** Graph -> .dw file, in one look: remove dead channels, lower, say what the outputs mean, plan, write. */

import { graphCost } from './analysis/cost.js';
import { type DeadChannels, eliminateDeadChannels } from './compile/dead-channels.js';
import { lower } from './compile/lower.js';
import { writeBlob } from './format/write.js';
import type { Graph } from './graph/graph.js';
import type { HeadSpec } from './graph/head.js';
import { chooseHead } from './heads/choose.js';
import { encodeHead } from './heads/encode/encode.js';
import { fitLabels } from './heads/labels.js';
import { type Plan, type PlanOptions, plan } from './plan/plan.js';
import type { CompiledFile } from './program/file-plan.js';

export interface CompileOptions extends PlanOptions {
  /** Requantisation rounds twice, as TFLite Micro does by default, or once, as ONNX does and so its quantised models by default. */
  rounding?: 'double' | 'single';
  /** Off: one step per operator, all channels in place, so that every layer's output can be looked at. */
  fuse?: boolean;
  /** Off: channels that are constant or that nobody reads are computed all the same. */
  deadChannels?: boolean;
  /** What the outputs mean; by default what the model says, or its shapes. */
  head?: HeadSpec;
}

export interface Compiled extends CompiledFile {
  plan: Plan;
  /** What was removed, if it was looked for. */
  deadChannels?: DeadChannels;
}

/** Input values that convolutions pack at a time where RAM is short: half as many as usual cost few ops more. */
const SMALL_K_CHUNK = 32;

/**
 * Compiles a graph.
 * @throws DepthwiseError MODEL_UNSUPPORTED, MODEL_TOO_LARGE.
 */
export function compile(graph: Graph, options: CompileOptions = {}): Compiled {
  const {
    rounding = graph.rounding ?? 'double',
    fuse = true,
    deadChannels = true,
    memory = 'fast',
    frame = 'resident',
    head = chooseHead(graph),
  } = options;
  const live: { graph: Graph; report?: DeadChannels } =
    fuse && deadChannels ? eliminateDeadChannels(graph, rounding) : { graph };
  const kChunk = memory === 'min' ? SMALL_K_CHUNK : undefined;
  const lowered = lower(live.graph, { rounding, fuse, kChunk });
  const encoded = encodeHead(head, lowered);
  const program = { ...lowered, head: encoded, labels: fitLabels(lowered.labels, encoded) };
  const planned = plan(program, { memory, frame });
  const blob = writeBlob(program, planned, graphCost(graph).macs);
  return { blob, program, plan: planned, ...(live.report && { deadChannels: live.report }) };
}

/** Graph -> .dw file, in one look: remove dead channels, lower, say what the outputs mean, plan, write. */

import { graphCost } from './analysis/cost.js';
import { type DeadChannels, eliminateDeadChannels } from './compile/dead-channels.js';
import { lower } from './compile/lower.js';
import { DepthwiseError } from './errors.js';
import { writeBlob } from './format/write.js';
import type { Graph } from './graph/graph.js';
import type { HeadSpec } from './graph/head.js';
import { chooseHead } from './heads/choose.js';
import { encodeHead } from './heads/encode/encode.js';
import { fitLabels } from './heads/labels.js';
import { type Plan, type PlanOptions, plan } from './plan/plan.js';
import type { Memory } from './plan/planner.js';
import type { CompiledFile } from './program/file-plan.js';

export interface CompileOptions extends PlanOptions {
  /** Requantisation rounds twice, as TFLite Micro does by default, or once, as ONNX does and so its quantised models by default. */
  rounding?: 'double' | 'single';
  /** Off: one step per operator, all channels in place, so that every layer's output can be looked at. */
  fuse?: boolean;
  /** Off: channels that are constant or that nobody reads are computed all the same. */
  deadChannels?: boolean;
  /** Head; by default what the model says, or its shapes. */
  head?: HeadSpec;
}

export interface Compiled extends CompiledFile {
  plan: Plan;
  /** Removed channels, if they were looked for. */
  deadChannels?: DeadChannels;
}

/** Input values that convolutions pack at a time where RAM is short: half as many as usual cost 0.2 % more ops. */
const SMALL_K_CHUNK = 32;

/**
 * Compiles a graph.
 * @throws DepthwiseError MODEL_UNSUPPORTED, MODEL_TOO_LARGE; BUDGET_EXCEEDED where `memory` is a number that is too small.
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
  const planned = (memory: Memory, kChunk?: number) => {
    const lowered = lower(live.graph, { rounding, fuse, kChunk });
    const encoded = encodeHead(head, lowered);
    const program = { ...lowered, head: encoded, labels: fitLabels(lowered.labels, encoded) };
    return { program, plan: plan(program, { memory, frame }) };
  };
  const need = ({ plan }: { plan: Plan }) => plan.arenaBytes + plan.scratchBytes;
  const fast = memory === 'min' ? undefined : planned('fast');
  const isFast = fast && (memory === 'fast' || need(fast) <= Number(memory));
  const { program, plan: chosen } = isFast ? fast : planned(memory, SMALL_K_CHUNK);
  if (need({ plan: chosen }) > Number(memory))
    throw tooSmall(program.name, Number(memory), need({ plan: chosen }), frame);
  const blob = writeBlob(program, chosen, graphCost(graph).macs);
  return { blob, program, plan: chosen, ...(live.report && { deadChannels: live.report }) };
}

function tooSmall(name: string, bytes: number, least: number, frame: PlanOptions['frame']): DepthwiseError {
  const rows = frame === 'rows' ? '' : ', or try --frame rows, which keeps the frame out of RAM';
  const found = `"${name}" cannot run in ${bytes} bytes of arena and scratch: ${least} are the least possible.`;
  return new DepthwiseError('BUDGET_EXCEEDED', `${found} Give it that many${rows}.`);
}

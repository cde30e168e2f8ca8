/** Costs of a model, from its .dw file and the ops of an inference. */
import { asset } from '../assets.js';
import type { JsEngine } from '../boards/target.js';
import type { Compiled } from '../compile.js';
import type { EngineStats } from '../engines/engine.js';
import { kernelModule } from '../format/kinds.js';
import type { BlobContents } from '../format/read.js';
import { headInstructions } from '../heads/cost.js';
import type { HeadName } from '../heads/open.js';
import type { Memory } from '../plan/planner.js';
import { kindName } from '../steps/index.js';
import type { Work } from '../steps/work.js';
import type { JsCost } from './js-cost.js';
import { workOf } from './work.js';

/** One step of the blob. */
export interface StepCost {
  index: number;
  name: string;
  kind: string;
  /** Arena bytes that are live while it runs. */
  arenaBytes: number;
  ops: number;
  macs: number;
  /** Bytes of the blob that are the step's own: weights, biases and tables. */
  weightBytes?: number;
}

/** Counts from compiling a model and running it once in the simulator. */
export interface ModelCost {
  name: string;
  blobBytes: number;
  arenaBytes: number;
  scratchBytes: number;
  stateBytes: number;
  /** Size of kernels.wasm or kernels-full.wasm, which lies in the board's flash. */
  kernelBytes: number;
  /** RAM of the code that wasm3 compiles. */
  compiledCodeBytes: number;
  maxNativeDepth: number;
  linearMemoryBytes: number;
  /** Dispatched wasm3 ops of one inference. */
  ops: number;
  opsByKind: Record<string, number>;
  steps: StepCost[];
  macs: number;
  randomWeights?: boolean;
  randomRanges?: boolean;
  /** From a .dw file, whose plan stands. */
  isPlanned?: boolean;
  /** How it was planned and fed: advice is about what could be changed. */
  memory?: Memory;
  frame?: 'resident' | 'rows';
  inputBytes?: number;
  /** How outputs become answers, and instructions of one in C; nothing where the outputs are scores of classes, or values alone. */
  head?: { name: HeadName; instructions: number };
  /** The first input, where it takes pictures. */
  picture?: { height: number; width: number; channels: number };
  /** Work that native kernels are priced by. */
  work?: Work;
  /** Memory and work of the JavaScript runtime in each engine. */
  js?: Record<JsEngine, JsCost>;
}

/** The simulator's counts that a price needs. */
export type CountedStats = Required<
  Pick<EngineStats, 'ops' | 'opsByKind' | 'opsByStep' | 'linearMemoryBytes' | 'maxNativeDepth' | 'compiledCodeBytes'>
>;

/** `compiled` names steps and knows which activations live during each; without it the file's own figures serve. */
export function modelCost(
  contents: BlobContents,
  blob: Uint8Array,
  stats: CountedStats,
  compiled?: Pick<Compiled, 'program' | 'plan'>,
): ModelCost {
  return {
    name: contents.name,
    blobBytes: blob.length,
    arenaBytes: contents.arenaBytes,
    scratchBytes: contents.scratchBytes,
    stateBytes: contents.memoryBytes - contents.arenaBytes - contents.scratchBytes,
    kernelBytes: asset(kernelModule(blob)).length,
    compiledCodeBytes: stats.compiledCodeBytes,
    maxNativeDepth: stats.maxNativeDepth,
    linearMemoryBytes: stats.linearMemoryBytes,
    ops: stats.ops,
    opsByKind: stats.opsByKind,
    work: workOf(blob),
    steps: contents.steps.map((step, index) => ({
      index,
      name: compiled?.program.steps[index].name ?? kindName(step.kind),
      kind: kindName(step.kind),
      arenaBytes: compiled?.plan.liveBytes[index] ?? step.activationBytes,
      ops: stats.opsByStep[index],
      macs: step.macs,
    })),
    macs: contents.macs,
    randomWeights: contents.randomWeights,
    randomRanges: contents.randomRanges,
    ...headOf(contents),
    ...pictureOf(contents),
    inputBytes: contents.inputs.reduce((sum, port) => sum + port.bytes, 0),
  };
}

function headOf({ head }: BlobContents): Pick<ModelCost, 'head'> {
  const instructions = head ? headInstructions(head) : 0;
  return instructions > 0 ? { head: { name: head!.name, instructions: Math.round(instructions) } } : {};
}

function pictureOf({ inputs: [{ shape }] }: BlobContents): Pick<ModelCost, 'picture'> {
  const [, height, width, channels] = shape;
  return shape.length === 4 && (channels === 1 || channels === 3) ? { picture: { height, width, channels } } : {};
}

/** The host's definition of a kind of step. docs/adding-a-step-kind.md says what else a new one needs: its kernels. */

import type { Kind, Step, View, Window } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { RecordView, StepRecord } from './record.js';
import type { JsWork, Work } from './work.js';

/** Fields of a step, or of its record in a .dw file, that scratch depends on. */
export interface ScratchNeeds extends Pick<Step, 'flags' | 'outChunk' | 'kChunk' | 'depthMultiplier'> {
  window: Pick<Window, 'kernelH' | 'kernelW' | 'strideH' | 'strideW' | 'padLeft'>;
  input: Pick<View, 'height' | 'width' | 'channels'>;
  output: Pick<View, 'height' | 'width' | 'channels'>;
}

/** Fields that derived fields depend on. */
export type DerivedNeeds = ScratchNeeds & { input: RecordView; output: RecordView };

/** A step as reports of a file have it. Shapes are height, width, channels. */
export interface StepShapes {
  macs: number;
  inputShape: readonly number[];
  outputShape: readonly number[];
}

export interface StepKind {
  /** For people. */
  readonly name: string;
  /**
   * Its kernels are in the full builds alone (kernels-full.wasm, DW_FULL, the `full` JavaScript): a MobileNetV1 does not need them.
   */
  readonly full?: true;

  // --- what its kernels do with memory -----------------------------------------------------------------------------
  /**
   * Input rows [first, end) that output rows [first, end) are computed from, padding left out. Without it every output row
   * needs all of the input, and the step cannot be part of a chain through which rows stream.
   */
  inputRows?(step: Step, first: number, end: number): [first: number, end: number];
  /**
   * Bytes of scratch of a task of `rows` output rows: the same terms, in the same order, as the kernel lays it out. Scratch
   * stands at the end of linear memory, so a term that is missing here is a trap there, not a wrong answer.
   */
  scratch(step: ScratchNeeds, rows: number): number;
  /**
   * Whether rows of its output may take the place of rows of an input (one of the step's) in the task that reads them last,
   * both from the same address on.
   */
  worksInPlace?(step: Step, input: View): boolean;

  /** Its kernel keeps what it writes within the step's bounds, so that an activation behind it can be part of it. Without it, not. */
  clamps?(step: Step): boolean;

  // --- how it is best cut into tasks -------------------------------------------------------------------------------
  /** Roughly the wasm3 ops of all its tasks of `rows` output rows: enough to compare plans. Figures: docs/kernels.md. */
  ops(step: Step, rows: number): number;
  /** Output rows that share one read of weights and tables: more of them in a task bring nothing. All, without it. */
  blockRows?(step: Step): number;
  /** Rows per task that are worth a try where the step is no part of a chain; any, without it. */
  readonly blocks?: readonly number[];
  /** Rows of a task that stand behind one another are one long row to its kernel. */
  readonly joinsRows?: boolean;
  /** The kind that a step has in the file where all its tasks are of one row; undefined where its own kernel is used. */
  singleRowKind?(step: Step): Kind | undefined;
  /** Its kernel computes one row at a time. */
  readonly singleRows?: boolean;

  // --- what a .dw file says of it ----------------------------------------------------------------------------------
  /** Weights that meet in one output, windows at the border counted whole; none, without it. */
  weightsPerOutput?(windowPixels: number, inputChannels: number, depthMultiplier: number): number;
  /** Multiply-accumulates, where these are others than the weights of every output. */
  macs?(record: StepRecord): number;
  /** Fields (S_*, u32) that follow from others, so that kernels need not work them out again and again. */
  derived?(step: DerivedNeeds, scratchAddress: number): [field: number, value: number][];
  /**
   * That a record's shapes belong together, and that what it reads is inside the file. Its rows, input and output, have been
   * checked. Returns the step's work: multiply-accumulates, or values looked at.
   * @throws DepthwiseError BLOB_INVALID.
   */
  check(step: StepCheck): number;

  // --- what it costs -----------------------------------------------------------------------------------------------
  /** Work in units that native kernels take about the same instructions for. `tasks`: output rows of each. */
  work(record: StepRecord, tasks: readonly number[]): Work;
  jsWork(step: StepShapes): Partial<Record<JsWork, number>>;
}

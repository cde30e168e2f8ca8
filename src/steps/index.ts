/** Every kind of step that a .dw file may hold, by its number. */

import {
  KIND_ADD,
  KIND_AVERAGE_POOL,
  KIND_BINARY,
  KIND_CONV,
  KIND_DEPTHWISE,
  KIND_DEPTHWISE_ROW,
  KIND_FLIP,
  KIND_FULLY_CONNECTED,
  KIND_GATHER,
  KIND_GENERAL_CONV,
  KIND_L2_NORMALIZE,
  KIND_LUT,
  KIND_MAX_POOL,
  KIND_MEAN,
  KIND_PAD,
  KIND_PERMUTE,
  KIND_REDUCE,
  KIND_RESIZE_BILINEAR,
  KIND_SOFTMAX,
  KIND_SOFTMAX_ROWS,
} from '../program/layout.js';
import type { Kind } from '../program/program.js';
import { add } from './add.js';
import { averagePool } from './average-pool.js';
import { binary } from './binary.js';
import { conv } from './conv.js';
import { depthwise } from './depthwise.js';
import { depthwiseRow } from './depthwise-row.js';
import { flip } from './flip.js';
import { fullyConnected } from './fully-connected.js';
import { gather } from './gather.js';
import { generalConv } from './general-conv.js';
import type { StepKind } from './kind.js';
import { l2Normalize } from './l2-normalize.js';
import { lut } from './lut.js';
import { maxPool } from './max-pool.js';
import { mean } from './mean.js';
import { pad } from './pad.js';
import { permute } from './permute.js';
import { reduce } from './reduce.js';
import { resizeBilinear } from './resize-bilinear.js';
import { softmax } from './softmax.js';
import { softmaxRows } from './softmax-rows.js';

/** A KIND_* of layout.ts that is missing here does not compile. */
export const STEP_KINDS: Readonly<Record<Kind, StepKind>> = {
  [KIND_CONV]: conv,
  [KIND_DEPTHWISE]: depthwise,
  [KIND_AVERAGE_POOL]: averagePool,
  [KIND_MAX_POOL]: maxPool,
  [KIND_MEAN]: mean,
  [KIND_ADD]: add,
  [KIND_LUT]: lut,
  [KIND_PAD]: pad,
  [KIND_SOFTMAX]: softmax,
  [KIND_FLIP]: flip,
  [KIND_FULLY_CONNECTED]: fullyConnected,
  [KIND_DEPTHWISE_ROW]: depthwiseRow,
  [KIND_REDUCE]: reduce,
  [KIND_RESIZE_BILINEAR]: resizeBilinear,
  [KIND_L2_NORMALIZE]: l2Normalize,
  [KIND_GENERAL_CONV]: generalConv,
  [KIND_GATHER]: gather,
  [KIND_PERMUTE]: permute,
  [KIND_BINARY]: binary,
  [KIND_SOFTMAX_ROWS]: softmaxRows,
};

/** Whether a number from a file is a kind's. */
export const isKind = (kind: number): kind is Kind => Object.hasOwn(STEP_KINDS, kind);

/** All kinds, and those whose kernels every build has, 1 << KIND_* each. */
export const ALL_KINDS = maskOf(() => true);
export const SMALL_KINDS = maskOf(({ full }) => !full);

/** Whether kernels for these kinds, 1 << KIND_* each, are in the full builds alone. */
export const needsFull = (kinds: number): boolean => (kinds & ~SMALL_KINDS) !== 0;

function maskOf(has: (kind: StepKind) => boolean): number {
  return Object.entries(STEP_KINDS).reduce(
    (mask, [kind, known]) => (has(known) ? mask | (1 << Number(kind)) : mask),
    0,
  );
}

/** The kind of a step of a program, or of a checked file. */
export const kindOf = ({ kind }: { kind: Kind }): StepKind => STEP_KINDS[kind];

/** Name of a step kind, for people. */
export const kindName = (kind: number): string => (isKind(kind) ? STEP_KINDS[kind].name : `kind ${kind}`);

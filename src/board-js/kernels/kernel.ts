/**
 * The kernel of a step, by its kind. A kind has to be named here to run, so that one which is none, or which the build
 * leaves out, is refused when a file is opened.
 */
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
  S_FLAGS,
  S_KIND,
  S_WEIGHT_ZERO_POINT,
  STEP_THREE_BY_THREE,
} from '../../program/layout.js';
import type { Kernel, Machine } from '../machine.js';
import { binary } from './binary.js';
import { conv } from './conv.js';
import { depthwise } from './depthwise.js';
import { anyDepthwise } from './depthwise-any.js';
import { add, flip, lookUp, pad } from './elementwise.js';
import { espruinoConv } from './espruino.js';
import { generalConv } from './general-conv.js';
import { l2Normalize } from './l2-normalize.js';
import { pool } from './pool.js';
import { reduce } from './reduce.js';
import { gather, permute } from './reorder.js';
import { resizeBilinear } from './resize-bilinear.js';
import { softmax } from './softmax.js';

/** The kernel of the loaded step; something falsy where this build has none. */
export function kernelOf(m: Machine): Kernel | false | 0 | undefined {
  const s = m._step;
  const kind = s[S_KIND / 2];
  const inC = ESPRUINO && m._espruino && !s[S_WEIGHT_ZERO_POINT / 2] && espruinoConv;
  if (kind === KIND_CONV || kind === KIND_FULLY_CONNECTED) return inC || (PLAIN && conv);
  if (kind === KIND_DEPTHWISE || kind === KIND_DEPTHWISE_ROW) {
    if (inC || !PLAIN) return inC;
    const three = s[S_FLAGS / 2] & STEP_THREE_BY_THREE;
    return FULL ? (three ? depthwise : anyDepthwise) : three && depthwise;
  }
  if (kind === KIND_AVERAGE_POOL || kind === KIND_MEAN) return pool;
  if (!FULL) return kind === KIND_SOFTMAX && softmax;
  if (kind === KIND_SOFTMAX) return softmax;
  if (kind === KIND_MAX_POOL) return pool;
  if (kind === KIND_ADD) return add;
  if (kind === KIND_LUT) return lookUp;
  if (kind === KIND_PAD) return pad;
  if (kind === KIND_FLIP) return flip;
  if (kind === KIND_REDUCE) return reduce;
  if (kind === KIND_RESIZE_BILINEAR) return resizeBilinear;
  if (kind === KIND_L2_NORMALIZE) return l2Normalize;
  if (kind === KIND_GENERAL_CONV) return generalConv;
  if (kind === KIND_GATHER) return gather;
  if (kind === KIND_PERMUTE) return permute;
  if (kind === KIND_BINARY) return binary;
  if (kind === KIND_SOFTMAX_ROWS) return softmax;
}

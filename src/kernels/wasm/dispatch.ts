// The kernel of each kind of step that every module has.
import * as L from '../../program/layout';
import { conv } from './conv';
import { depthwise } from './depthwise';
import { depthwiseRow } from './depthwise-row';
import { add, flip, lookUp, pad } from './elementwise';
import { fullyConnected } from './fully-connected';
import { mean, pool } from './pool';
import { softmax } from './softmax';

export function run(kind: i32): void {
  if (kind == L.KIND_CONV) return conv();
  if (kind == L.KIND_DEPTHWISE) return depthwise();
  if (kind == L.KIND_SOFTMAX) return softmax();
  if (kind == L.KIND_AVERAGE_POOL) return pool();
  runOther(kind);
}

/** Kinds that a MobileNet with RAM enough does not have, in a function of their own: wasm3 compiles what a file calls. */
function runOther(kind: i32): void {
  if (kind == L.KIND_DEPTHWISE_ROW) depthwiseRow();
  else if (kind == L.KIND_MAX_POOL) pool();
  else if (kind == L.KIND_MEAN) mean();
  else if (kind == L.KIND_ADD) add();
  else if (kind == L.KIND_LUT) lookUp();
  else if (kind == L.KIND_PAD) pad();
  else if (kind == L.KIND_FLIP) flip();
  else if (kind == L.KIND_FULLY_CONNECTED) fullyConnected();
  else unreachable();
}

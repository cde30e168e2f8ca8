// The module for machines that compile: the same executor and kernels, with convolutions made for 32-bit registers.
import * as L from '../../../program/layout';


import { binary } from '../binary';
import { add, flip, lookUp, pad } from '../elementwise';
import { prepare } from '../executor';
import { fullyConnected } from '../fully-connected';
import { gather } from '../gather';
import { generalConv } from '../general-conv';
import { l2Normalize } from '../l2-normalize';
import { permute } from '../permute';
import { mean, pool } from '../pool';
import { reduce } from '../reduce';
import { resizeBilinear } from '../resize-bilinear';
import { softmax, softmaxRows } from '../softmax';
import { word32 } from '../step';
import { conv } from './conv';
import { depthwise } from './depthwise';

export { begin, push } from '../executor';
// In C, dw_aot.c calls them.
export { add, conv, depthwise, flip, fullyConnected, lookUp, mean, pad, pool, prepare, softmax };
export { binary, gather, generalConv, l2Normalize, permute, reduce, resizeBilinear, softmaxRows };

/** Runs one task, as tick() of ../index.ts does. */
export function tick(): i32 {
  const result = prepare();
  if (result & 0xffff) run();
  return result;
}

function run(): void {
  const kind = word32(L.S_KIND);
  if (kind == L.KIND_CONV) conv();
  else if (kind == L.KIND_DEPTHWISE || kind == L.KIND_DEPTHWISE_ROW) depthwise();
  else if (kind == L.KIND_AVERAGE_POOL || kind == L.KIND_MAX_POOL) pool();
  else if (kind == L.KIND_MEAN) mean();
  else if (kind == L.KIND_ADD) add();
  else if (kind == L.KIND_LUT) lookUp();
  else if (kind == L.KIND_PAD) pad();
  else if (kind == L.KIND_SOFTMAX) softmax();
  else if (kind == L.KIND_FLIP) flip();
  else if (kind == L.KIND_FULLY_CONNECTED) fullyConnected();
  else if (kind == L.KIND_REDUCE) reduce();
  else if (kind == L.KIND_RESIZE_BILINEAR) resizeBilinear();
  else if (kind == L.KIND_L2_NORMALIZE) l2Normalize();
  else if (kind == L.KIND_GENERAL_CONV) generalConv();
  else if (kind == L.KIND_GATHER) gather();
  else if (kind == L.KIND_PERMUTE) permute();
  else if (kind == L.KIND_BINARY) binary();
  else if (kind == L.KIND_SOFTMAX_ROWS) softmaxRows();
}

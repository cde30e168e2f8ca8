// The full module: as index.ts, with the kernels that a MobileNetV1 does not need.
import * as L from '../../program/layout';
import { binary } from './binary';
import { run } from './dispatch';
import { prepare } from './executor';
import { generalConv } from './general-conv';
import { l2Normalize } from './l2-normalize';
import { reduce } from './reduce';
import { resizeBilinear } from './resize-bilinear';
import { gather } from './gather';
import { permute } from './permute';
import { softmaxRows } from './softmax';
import { word32 } from './step';

export { begin, push } from './executor';

/** Runs one task, as tick() of index.ts does. */
export function tick(): i32 {
  const result = prepare();
  // Not where it is TICK_WAITING.
  if (result & 0xffff) runFull(word32(L.S_KIND));
  return result;
}

function runFull(kind: i32): void {
  if (kind == L.KIND_REDUCE) reduce();
  else if (kind == L.KIND_RESIZE_BILINEAR) resizeBilinear();
  else if (kind == L.KIND_L2_NORMALIZE) l2Normalize();
  else if (kind == L.KIND_GENERAL_CONV) generalConv();
  else if (kind == L.KIND_GATHER) gather();
  else if (kind == L.KIND_PERMUTE) permute();
  else if (kind == L.KIND_BINARY) binary();
  else if (kind == L.KIND_SOFTMAX_ROWS) softmaxRows();
  else run(kind);
}

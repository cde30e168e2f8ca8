// The full module: as index.ts, with the kernels that a MobileNetV1 does not need.
import * as L from '../../program/layout';
import { run } from './dispatch';
import { prepare } from './executor';
import { word32 } from './step';

export { begin, push } from './executor';

/** As in index.ts. */
export function tick(): i32 {
  const result = prepare();
  // Not where it is TICK_WAITING.
  if (result & 0xffff) runFull(word32(L.S_KIND));
  return result;
}

function runFull(kind: i32): void {
  run(kind);
}

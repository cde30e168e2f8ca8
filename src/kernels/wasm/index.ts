// The small module: one tick is one row task (executor.ts), done by the kernel of its step's kind (dispatch.ts).
import * as L from '../../program/layout';
import { run } from './dispatch';
import { prepare } from './executor';
import { word32 } from './step';

export { begin, push } from './executor';

/** Runs one task. Returns 1 + its step, 0 when the inference is done, or TICK_WAITING: push() must be called first. */
export function tick(): i32 {
  const result = prepare();
  // Not where it is TICK_WAITING.
  if (result & 0xffff) run(word32(L.S_KIND));
  return result;
}

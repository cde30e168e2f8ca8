/** The checks of steps and tasks: each step by itself, their order, and that all of it ends in reasonable time. */

import * as L from '../program/layout.js';
import { StepCheck } from './check-step.js';
import { checkTasks } from './check-tasks.js';

/**
 * Multiply-accumulates, and bytes moved, that one inference may take: seven times the largest MobileNet's. More is a
 * damaged file that would keep a host busy for minutes.
 */
export const MOST_WORK = 2 ** 32;

/**
 * Checks every step and task. The header's sections must have been checked.
 * @throws DepthwiseError BLOB_INVALID.
 */
export function checkSteps(view: DataView): void {
  const u32 = (offset: number): number => view.getUint32(offset, true);
  const arenaStart = u32(L.H_ARENA_ADDRESS);
  const blob = {
    view,
    arenaStart,
    arenaEnd: arenaStart + u32(L.H_ARENA_BYTES),
    scratchStart: u32(L.H_SCRATCH_ADDRESS),
  };
  let work = 0;
  const steps = Array.from({ length: u32(L.H_STEP_COUNT) }, (_, index) => {
    const step = new StepCheck(blob, index, u32(L.H_STEPS_OFFSET) + index * L.STEP_BYTES);
    work += step.run();
    if (work > MOST_WORK) step.refuse(`after which ${work} values are worked on`, `${MOST_WORK} at most`);
    return step;
  });
  checkTasks(view, steps);
}

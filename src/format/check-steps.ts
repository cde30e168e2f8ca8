/** The checks of steps and tasks: each step by itself, their order, and that all of it ends in reasonable time. */

import type { BlobView } from '../program/blob-view.js';
import { checkStep } from './check-step.js';
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
export function checkSteps(view: BlobView): void {
  let work = 0;
  const steps = view.steps().map((record, index) => {
    const step = checkStep(view, record, index);
    work += step.work;
    if (work > MOST_WORK) step.check.refuse(`after which ${work} values are worked on`, `${MOST_WORK} at most`);
    return step;
  });
  checkTasks(view, steps);
}

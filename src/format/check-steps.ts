/** The checks of steps and tasks: each step by itself, their order, and that all of it ends in reasonable time. */

import type { BlobView } from '../program/blob-view.js';
import { checkStep } from './check-step.js';
import { checkTasks } from './check-tasks.js';

/**
 * Multiply-accumulates, and bytes moved, that one inference of a file of `bytes` may take. MobileNets have 20 to 170 for each
 * byte, the largest of them, 1.0 at 224, 132; a small file is a small network, and what would keep an engine busy for minutes is
 * damaged.
 */
export const mostWork = (bytes: number): number => 2 ** 28 + 1024 * bytes;

/**
 * Checks every step and task. The header's sections must have been checked.
 * @throws DepthwiseError BLOB_INVALID.
 */
export function checkSteps(view: BlobView): void {
  const most = mostWork(view.length);
  let work = 0;
  const steps = view.steps().map((record, index) => {
    const step = checkStep(view, record, index);
    work += step.work;
    if (work > most) {
      step.check.refuse(
        `after which ${work} values are worked on`,
        `${most} at most in a file of ${view.length} bytes`,
      );
    }
    return step;
  });
  checkTasks(view, steps);
}

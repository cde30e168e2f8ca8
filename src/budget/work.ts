/**
 * The work of a .dw file in units that native kernels take about the same instructions for: what runtime aot is priced by,
 * as wasm3 is by its ops. Nothing is run for it.
 */
import { BlobView } from '../program/blob-view.js';
import * as L from '../program/layout.js';
import { kindOf } from '../steps/index.js';
import { readStep } from '../steps/record.js';
import type { Work, WorkUnit } from '../steps/work.js';

/** Output rows of each task of a step. */
type Rows = number[];

/** The work of one inference. The file must have passed the checks of readBlob. */
export function workOf(blob: Uint8Array): Work {
  const view = new BlobView(blob);
  const tasks: Rows[] = Array.from({ length: view.u32(L.H_STEP_COUNT) }, () => []);
  const work: Work = { inference: 1 };
  const add = (unit: WorkUnit, count: number): void => {
    if (count > 0) work[unit] = (work[unit] ?? 0) + count;
  };
  for (const { step, rows, repeat } of view.tasks()) {
    add('task', step === L.FEED ? rows * repeat : repeat);
    if (step !== L.FEED) tasks[step].push(...new Array<number>(repeat).fill(rows));
  }
  const [input] = view.ports();
  if (input.u32(L.P_ROW_BYTES) > 0) add('pushedByte', input.u32(L.P_BYTES));
  for (const [i, fields] of view.steps().entries()) {
    const step = readStep(fields);
    const counted = kindOf(step).work(step, shortened(tasks[i], step.output.height));
    for (const [unit, count] of Object.entries(counted)) add(unit as WorkUnit, count);
  }
  return work;
}

/** The last task of a step has as many rows as are left. */
function shortened(tasks: Rows, height: number): Rows {
  let left = height;
  return tasks.map((rows) => {
    const here = Math.min(rows, left);
    left -= here;
    return here;
  });
}

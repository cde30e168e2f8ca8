/** The check of the order of tasks: that every row is computed once, and that scratch is large enough for each task. */

import type { BlobView } from '../program/blob-view.js';
import { invalidBlob } from '../program/invalid-blob.js';
import * as L from '../program/layout.js';
import { highestEntry } from '../steps/check.js';
import type { CheckedStep } from './check-step.js';

/** Rows of an input that comes row by row: as many as a tensor may have. */
const MOST_FEED = 0xffff;

/** Rows of the first input that tasks must take: none where it is resident. Checks where they go. */
function rowsToFeed(view: BlobView): number {
  const [input] = view.ports();
  const [bytes, rowBytes] = [input.u32(L.P_BYTES), input.u32(L.P_ROW_BYTES)];
  if (rowBytes === 0) return 0;
  const rows = bytes / rowBytes;
  if (!Number.isInteger(rows)) throw invalidBlob(`an input of ${bytes} bytes in rows of ${rowBytes}`, 'whole rows');
  if (rows > MOST_FEED) throw invalidBlob(`an input of ${rows} rows`, `${MOST_FEED} at most`);
  const end = highestEntry(view, input.u32(L.P_ROWS), rows) + rowBytes;
  const arena = view.u32(L.H_ARENA_BYTES);
  if (end > arena) throw invalidBlob(`rows of the input that end at byte ${end} of the arena`, `${arena} at most`);
  return rows;
}

/** Tasks compute every output row of every step once, in order, and take every row of the input. */
export function checkTasks(view: BlobView, steps: readonly CheckedStep[]): void {
  const heights = steps.map(({ check }) => check.record.output.height);
  const done = steps.map(() => 0);
  const feed = rowsToFeed(view);
  let fed = 0;
  const scratch = view.u32(L.H_SCRATCH_BYTES);
  for (const [i, { step, rows, repeat }] of view.tasks().entries()) {
    const found = `task ${i}: ${repeat} times ${rows} rows of ${step === L.FEED ? 'the input' : `step ${step}`}`;
    if (rows === 0 || repeat === 0) throw invalidBlob(found, '1 row at least, once at least');
    if (step === L.FEED) {
      fed += rows * repeat;
      if (fed > feed) throw invalidBlob(found, `no more than the ${feed - fed + rows * repeat} that are left`);
      continue;
    }
    if (step >= heights.length) throw invalidBlob(found, `a step below ${heights.length}`);
    const { kind, check } = steps[step];
    if (kind.singleRows && rows !== 1) throw invalidBlob(found, 'single rows, for which its kernel is made');
    const needed = kind.scratch(check.record, rows);
    if (needed > scratch) throw invalidBlob(found, `${needed} bytes of scratch for it, not ${scratch}`);
    // The last of them may find fewer rows left, but not none.
    if (done[step] + rows * (repeat - 1) >= heights[step]) {
      throw invalidBlob(found, `no more than the ${heights[step] - done[step]} that are left`);
    }
    done[step] = Math.min(heights[step], done[step] + rows * repeat);
  }
  const short = done.findIndex((rows, step) => rows < heights[step]);
  if (short >= 0)
    throw invalidBlob(`tasks for ${done[short]} rows of step ${short}`, `tasks for all ${heights[short]}`);
  if (fed < feed) throw invalidBlob(`tasks for ${fed} rows of the input`, `tasks for all ${feed}`);
}

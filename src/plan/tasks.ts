/** The order of row tasks: what each tick of the executor does. */

import type { Task } from '../program/file-plan.js';
import type { Program, Step } from '../program/program.js';
import { kindOf } from '../steps/index.js';

/** A task's row count is one byte. */
const MOST_ROWS = 255;

/** Layer after layer, each in blocks of the rows that its kernel likes best. */
export function layerTasks(program: Program): Task[] {
  return program.steps.flatMap((step, index) => {
    const { height } = step.output;
    const most = Math.min(blockRows(step), MOST_ROWS);
    // Blocks of about the same size: none of them is left with a single row.
    const rows = Math.min(3 * Math.ceil(height / Math.ceil(height / most) / 3), most, height);
    let repeat = Math.ceil(height / rows);
    const tasks: Task[] = [];
    for (; repeat > 0; repeat -= 255) tasks.push({ step: index, rows, repeat: Math.min(repeat, 255) });
    return tasks;
  });
}

/** Output rows of a step that share one read of its weights and tables. */
export const blockRows = (step: Step): number => kindOf(step).blockRows?.(step) ?? MOST_ROWS;

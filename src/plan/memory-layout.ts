/** Linear memory: state, arena, scratch, one behind the other. */

import { BlobView } from '../program/blob-view.js';
import type { MemoryLayout, Task } from '../program/file-plan.js';
import { D_SCRATCH_BYTES } from '../program/head-layout.js';
import { FEED, STATE_ROWS_DONE } from '../program/layout.js';
import type { Program } from '../program/program.js';
import { kindOf } from '../steps/index.js';

/** Kernels use 64-bit loads and stores in scratch; aligned ones are faster on many cores. */
const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** The parts of a program that scratch depends on, the tasks aside. */
type Needs = Pick<Program, 'steps' | 'head'>;

/** Bytes of scratch: what the hungriest task needs, or the head behind the last one. */
export function scratchBytes({ steps, head }: Needs, tasks: readonly Task[]): number {
  const most = tasks.reduce(
    (most, { step, rows }) => {
      return step === FEED ? most : Math.max(most, kindOf(steps[step]).scratch(steps[step], rows));
    },
    head ? new BlobView(head).u32(D_SCRATCH_BYTES) : 0,
  );
  return align8(most);
}

export function memoryLayout(program: Needs, tasks: readonly Task[], arenaBytes: number): MemoryLayout {
  const { steps } = program;
  const scratch = scratchBytes(program, tasks);
  const stateBytes = align8(STATE_ROWS_DONE + 2 * steps.length);
  const scratchAddress = align8(stateBytes + arenaBytes);
  return {
    arenaBytes,
    scratchBytes: scratch,
    stateBytes,
    arenaAddress: stateBytes,
    scratchAddress,
    memoryBytes: scratchAddress + scratch,
  };
}

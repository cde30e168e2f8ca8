/** The plan as a .dw file has it: planning makes it, src/format writes it down. */

import type { Program } from './program.js';
import type { RowShape } from './rows.js';

/** `rows` output rows of a step, or, where the step is FEED, of the model's first input, `repeat` times. */
export interface Task {
  step: number;
  rows: number;
  repeat: number;
}

/** Linear memory. */
export interface MemoryLayout {
  stateBytes: number;
  arenaBytes: number;
  scratchBytes: number;
  arenaAddress: number;
  scratchAddress: number;
  memoryBytes: number;
}

export interface FilePlan extends MemoryLayout {
  /** How every buffer is cut into rows, and where in the arena each of them starts. */
  shapes: RowShape[];
  offsets: number[][];
  /** Rows of the first input that arrive one by one; 0 where it is resident. */
  feed: number;
  /** Rows that do not stand behind one another are at multiples of 2^rowShift. */
  rowShift: number;
  tasks: Task[];
}

/** A program, how it runs, and the file that says both. */
export interface CompiledFile {
  /** The .dw file. */
  blob: Uint8Array;
  program: Program;
  plan: FilePlan;
}

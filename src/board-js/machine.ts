/**
 * All state of an open network. Names that begin with _ are shortened by the build: on an interpreter that compares
 * names, and in flash, every letter costs.
 */

import type { Espruino } from './kernels/espruino.js';

/** Computes output rows [first, first + rows) of the loaded step. */
export type Kernel = (m: Machine, first: number, rows: number) => void;

/** A .dw file in flash that is not mapped into memory. */
export interface Reader {
  /** Bytes of the file. */
  length: number;
  /**
   * Exactly `bytes` bytes from `offset` on. They are copied before the next call, so one buffer may serve for all. On
   * Espruino a string is as good, and better from mapped flash, of which it is a view: making an array of it copies.
   */
  read(offset: number, bytes: number): Uint8Array;
}

export interface Machine {
  _reader: Reader | undefined;
  /** The whole file, or, behind a reader, the part that was read last: see seek. */
  _bytes: Int8Array;
  /** Bytes of the file. */
  _length: number;
  /** The arena of the plan and, behind it, one byte that stands for padding, or as many as an input has channels. */
  _arena: Int8Array;
  _arenaBytes: number;
  /** Address of the arena in the linear memory that the plan was made for; steps hold addresses less this one. */
  _base: number;
  /** Entries of row tables are in units of 2^this bytes. */
  _rowShift: number;
  /** Where rows of the first input are pushed: bytes of a row; file offset of the table of their places. */
  _rowBytes?: number;
  _inputRows: number;
  /** Rows of the first input that have been pushed, and of these, how many no task has taken yet. */
  _pushed: number;
  _waiting: number;
  /** Rounding once instead of twice. */
  _single: number;

  /** The record of the loaded step: the field at byte S_X of a step stands at S_X / 2. */
  _step: Int32Array;
  _loaded: number;
  /** The loaded step's; something falsy, while a file is opened, where this build has none. */
  _kernel: Kernel | false | 0 | undefined;
  _stepsOffset: number;
  /** Rows done, of each step. */
  _done: Uint16Array;
  _tasksOffset: number;
  _taskCount: number;
  /** Task that comes next, and how often the one before it is still to be repeated. */
  _next: number;
  _repeat: number;
  /** The current task as a word: T_STEP, T_ROWS, T_REPEAT. */
  _task: number;

  // Scratch. Per output channel of a chunk, what makes values of sums: requantize.ts.
  _scales: Float64Array;
  _addends: Float64Array;
  /** Two columns of K values, each of two pixels, and the sums of a chunk's outputs over either. */
  _columns: Float64Array;
  _sums: Float64Array;

  /** Espruino's functions in C, or something falsy where they are missing or the arena is too large for their kernel. */
  _espruino: Espruino;
  /** Weights of one output, for its kernels: as in the file and in the order in which inputs are copied. */
  _read: Int8Array;
  _weights: Int8Array;
  /** That order, and where the inputs of a row of windows stand. */
  _order: Uint16Array;
  _index: Uint16Array;
  /** Copied inputs. */
  _windows: Int8Array;
  /** The arena as bytes that clamp what is written to them, and each byte with its top bit flipped. */
  _clamped: Uint8ClampedArray;
  _flip: Uint8Array;
}

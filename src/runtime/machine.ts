/**
 * All state of an open network. Names that begin with _ are shortened by the build: on an interpreter that compares
 * names, and in flash, every letter costs.
 */

/** Computes output rows [first, first + rows) of the loaded step. */
export type Kernel = (m: Machine, first: number, rows: number) => void;

/** A .dw file in flash that is not mapped into memory. */
export interface Reader {
  /** Bytes of the file. */
  length: number;
  /** Exactly `bytes` bytes from `offset` on. They are copied before the next call, so one buffer may serve for all. */
  read(offset: number, bytes: number): Uint8Array;
}

export interface Machine {
  /** Kernels by KIND_*, after ANY_DEPTHWISE; 0 where a build leaves it out. */
  _kernels: (Kernel | 0)[];
  _reader: Reader | undefined;
  /** The whole file, or, behind a reader, the part that was read last: see seek. */
  _bytes: Int8Array;
  /** Bytes of the file. */
  _length: number;
  /** The arena of the plan and, behind it, one byte that stands for padding. */
  _arena: Int8Array;
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

  // Scratch. A column is one value of K for two pixels; sums and the rest are per output channel of a chunk.
  _columns: Float64Array;
  _sums: Float64Array;
  _biases: Int32Array;
  _multipliers: Int32Array;
  /** 2^-(31 + right shift), or 0 where rescale must be called. */
  _factors: Float32Array;
  /** What is added before the factor; where that is 0, the shift. */
  _addends: Float64Array;
}

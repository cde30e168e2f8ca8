/** Every engine's interface: open a blob, run an inference, look at a step while it runs, tell what it cost. */

import type { CORES } from '../qemu/cores.js';

export type QemuEngineName = `qemu-${keyof typeof CORES}`;
export type EngineName = 'reference' | 'wasm3' | 'node' | 'js' | QemuEngineName;

/** Counted over one inference. A field that an engine cannot count is absent. */
export interface EngineStats {
  /** Dispatched wasm3 ops, in all. */
  ops?: number;
  /** Dispatched ops by wasm3 op name. */
  opsByKind?: Record<string, number>;
  /** Dispatched ops by step index of the blob. */
  opsByStep?: number[];
  /** Bytes of linear memory the instance was given. */
  linearMemoryBytes?: number;
  /** Deepest chain of dispatches that a machine without tail calls would hold on its native stack. */
  maxNativeDepth?: number;
  /** Deepest chain of calls in each step's ticks, by step index. */
  depthByStep?: number[];
  /** Calls of each function of the kernel module, by index. */
  callsByFunction?: number[];
  /** Indices of the functions that are compiled. */
  compiledFunctions?: number[];
  /** RAM of compiled code, whole pages, 32-bit words. */
  compiledCodeBytes?: number;
  /** RAM of linear memory, compiled code and wasm3's own data: what dw_open must be given on a board. */
  heapBytes?: number;
  /** Bytes the module copied out of the blob. */
  streamedBytes?: number;
  /** Machine instructions of the last record's inference. */
  instructions?: number;
  /** Instructions of the first inference, and of opening the model, when wasm3 compiles. */
  firstInstructions?: number;
  openInstructions?: number;
  /** Flash of the firmware besides the model, its variables, and its deepest stack. */
  codeBytes?: number;
  staticBytes?: number;
  stackBytes?: number;
  /** Imports of the kernel module, "module.name". */
  imports?: string[];
}

export interface Session {
  /**
   * One inference. `inputs` and the result are the raw bytes of the blob's input and output ports, in order.
   * `afterStep` is called when the last row of a step is done; `read` copies `bytes` bytes from linear memory.
   */
  run(inputs: readonly Uint8Array[], afterStep?: AfterStep): Uint8Array[];
  /** Runs one inference a record; there where one after the other would take longer. */
  runAll?(records: readonly (readonly Uint8Array[])[]): Uint8Array[][];
  /**
   * The next row of the input, or several, top row first, of a model compiled with `--frame rows`: computes what can be
   * computed with it. The first push after the last row, or after run, begins a new inference.
   * @returns the outputs after the last row, before that undefined.
   * @throws DepthwiseError USAGE where the blob takes whole inputs, INPUT_SIZE where the bytes are no whole rows, or more
   *   rows than are left of the input.
   */
  push(rows: Uint8Array): Uint8Array[] | undefined;
  /** Costs of the last run. */
  stats(): EngineStats;
}

export type AfterStep = (step: number, read: ReadMemory) => void;

export type ReadMemory = (address: number, bytes: number) => Uint8Array;

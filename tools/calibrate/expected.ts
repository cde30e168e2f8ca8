/**
 * Instructions of a unit, about: ops of wasm3 counted in their machine code (rv32imc), work from the loops that do it. What is
 * fitted comes from measurements; this only decides between figures that fit them equally well.
 */
import type { OpClass } from '../../src/boards/op-class.js';
import type { FirmwareRuntime } from '../../src/qemu/runtimes.js';
import type { WorkUnit } from '../../src/steps/work.js';

const WASM3: Record<OpClass, number> = {
  default: 11,
  i64: 12,
  i64mul: 16,
  i64shift: 17,
  convert: 5,
  load8: 16,
  load16: 18,
  load32: 18,
  load64: 18,
  store8: 15,
  store16: 17,
  store32: 17,
  store64: 18,
  move: 8,
  branch: 10,
  call: 50,
};

/** On Xtensa ops return to a loop, which calls the next one, and a product of 64 bits is a function of its own. */
const WASM3_XTENSA: Record<OpClass, number> = {
  default: 19,
  i64: 24,
  i64mul: 52,
  i64shift: 36,
  convert: 12,
  load8: 26,
  load16: 26,
  load32: 24,
  load64: 26,
  store8: 24,
  store16: 24,
  store32: 22,
  store64: 24,
  move: 16,
  branch: 15,
  call: 80,
};

const AOT: Record<WorkUnit, number> = {
  inference: 1000,
  task: 500,
  pushedByte: 5,
  convMac: 3,
  convRestMac: 5,
  convBlock: 30,
  convOutput: 25,
  convGeneral: 75,
  convGathered: 10,
  convWeight: 7,
  convRecord: 100,
  convGroup: 500,
  depthwiseStride1: 50,
  depthwiseStride2: 60,
  depthwiseRow: 60,
  depthwiseMac: 25,
  depthwiseOutput: 75,
  depthwiseGeneral: 75,
  depthwiseRecord: 200,
  fullyConnectedMac: 10,
  fullyConnectedOutput: 150,
  poolValue: 6,
  poolOutput: 100,
  meanValue: 7,
  meanOutput: 200,
  add: 150,
  table: 10,
  tablePixel: 30,
  pad: 5,
  padRow: 100,
  softmax: 130,
  flip: 8,
};

/** By core of targets/ and runtime. */
export function expectedOf(core: string, runtime: FirmwareRuntime): Record<string, number> {
  if (runtime === 'aot') return AOT;
  return core.startsWith('xtensa') ? WASM3_XTENSA : WASM3;
}

/** Weight of that against one sample. Machine code has been counted; loops have been read. */
export const HOLD = { wasm3: 1, aot: 0.1 };

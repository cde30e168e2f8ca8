/** Kernel modules of a few lines, and files for them: what is tested with these is the host around them. */
import binaryen from 'binaryen';
import { CALLS_SECTION, KINDS_SECTION } from '../../src/format/calls.js';
import { crc32 } from '../../src/format/crc32.js';
import * as F from '../../src/program/layout.js';

export const MEMORY_BYTES = 20_480;
export const ARENA = 1024;
export const ARENA_BYTES = 512;
export const PORT_BYTES = 16;

interface MiniBlob {
  memoryBytes?: number;
  /** [step, rows, repeat] */
  tasks?: [number, number, number][];
  steps?: number;
  /** Bytes behind the steps, for dw.read. */
  payload?: Uint8Array;
  patch?: (blob: DataView) => void;
}

export const PAYLOAD = F.HEADER_BYTES + 2 * F.PORT_BYTES + F.TASK_BYTES + F.STEP_BYTES;

/** A well-formed .dw file with one input and one output of PORT_BYTES bytes at the start of the arena. */
export function miniBlob(options: MiniBlob = {}): Uint8Array {
  const { memoryBytes = MEMORY_BYTES, tasks = [[0, 1, 1]], steps = 1, payload = new Uint8Array(16) } = options;
  const ports = F.HEADER_BYTES;
  const taskStart = ports + 2 * F.PORT_BYTES;
  const stepStart = taskStart + tasks.length * F.TASK_BYTES;
  const payloadStart = stepStart + steps * F.STEP_BYTES;
  const blob = new Uint8Array(payloadStart + payload.length);
  blob.set(payload, payloadStart);
  const view = new DataView(blob.buffer);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, true);
  u32(F.H_MAGIC, F.MAGIC);
  u32(F.H_VERSION, F.VERSION);
  u32(F.H_TOTAL_BYTES, blob.length);
  u32(F.H_MEMORY_BYTES, memoryBytes);
  u32(F.H_ARENA_ADDRESS, ARENA);
  u32(F.H_ARENA_BYTES, ARENA_BYTES);
  u32(F.H_SCRATCH_ADDRESS, ARENA + ARENA_BYTES);
  u32(F.H_SCRATCH_BYTES, memoryBytes - ARENA - ARENA_BYTES);
  u32(F.H_STEP_COUNT, steps);
  u32(F.H_STEPS_OFFSET, stepStart);
  u32(F.H_TASK_COUNT, tasks.length);
  u32(F.H_TASKS_OFFSET, taskStart);
  u32(F.H_INPUT_COUNT, 1);
  u32(F.H_OUTPUT_COUNT, 1);
  u32(F.H_PORTS_OFFSET, ports);
  u32(F.H_STRINGS_OFFSET, blob.length);
  u32(F.H_HEAD_OFFSET, F.HEADER_BYTES);
  [ARENA, ARENA + PORT_BYTES].forEach((address, i) => {
    u32(ports + i * F.PORT_BYTES + F.P_ADDRESS, address);
    u32(ports + i * F.PORT_BYTES + F.P_BYTES, PORT_BYTES);
  });
  for (let i = 0; i < steps; i++) u32(stepStart + i * F.STEP_BYTES + F.S_KIND, F.KIND_FLIP);
  tasks.forEach(([step, rows, repeat], i) => {
    view.setUint16(taskStart + i * F.TASK_BYTES + F.T_STEP, step, true);
    view.setUint8(taskStart + i * F.TASK_BYTES + F.T_ROWS, rows);
    view.setUint8(taskStart + i * F.TASK_BYTES + F.T_REPEAT, repeat);
  });
  options.patch?.(view);
  u32(F.H_CRC32, crc32(blob.subarray(F.CRC_FROM)));
  return blob;
}

/** A kernel module in which `tick` runs `body` once, as step 0, and is then done. Global $done is 0 or 1. */
export function oneTick(body: string, more = '', kinds?: number): Uint8Array {
  const functions = `
    (func (export "begin") (result i32) (global.set $done (i32.const 0)) (i32.const 0))
    (func (export "tick") (result i32) (local $i i32) (local $sum i32)
      (if (global.get $done) (then (return (i32.const 0))))
      (global.set $done (i32.const 1))
      ${body}
      (i32.const 1))
    ${more}`;
  return wat(functions, undefined, kinds);
}

/**
 * @param calls the bytes of the custom section that tells which functions are called.
 * @param kinds what the module says that it has kernels for.
 */
export function wat(functions: string, calls?: number[], kinds?: number): Uint8Array {
  const module = binaryen.parseText(`(module
    (import "dw" "read" (func $read (param i32 i32 i32)))
    (memory (export "memory") 0)
    (global $done (mut i32) (i32.const 0))
    ${functions})`);
  if (!module.validate()) throw new Error('the test module is not valid');
  if (calls) module.addCustomSection(CALLS_SECTION, Uint8Array.from(calls));
  if (kinds !== undefined) module.addCustomSection(KINDS_SECTION, new Uint8Array(Uint32Array.of(kinds).buffer));
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** $i counts from 0 to n - 1. */
export const loop = (n: number, body: string, label = '$next', i = '$i'): string => `
  (local.set ${i} (i32.const 0))
  (loop ${label}
    ${body}
    (local.set ${i} (i32.add (local.get ${i}) (i32.const 1)))
    (br_if ${label} (i32.lt_s (local.get ${i}) (i32.const ${n}))))`;

/** Copies the input port to the output port, each byte plus one. */
export const PLUS_ONE = loop(
  PORT_BYTES,
  `(i32.store8 offset=${ARENA + PORT_BYTES} (local.get $i)
     (i32.add (i32.load8_u offset=${ARENA} (local.get $i)) (i32.const 1)))`,
);

export const INPUT = Uint8Array.from({ length: PORT_BYTES }, (_, i) => 3 * i);

/** From instructions to cycles: the only step that QEMU cannot take. docs/boards.md says how each figure was found. */

interface CyclesPerInstruction {
  value: number;
  low: number;
  high: number;
  source: string;
}

/** No range reaches below one cycle per instruction, which is what these cores take at best. */
const XTENSA = {
  'xtensa-lx6': {
    value: 1.22,
    low: 1.03,
    high: 1.55,
    source:
      'published times of the same C code on ESP32 and ESP32-C3, and fib(24), over counted instructions: docs/boards.md#xtensa',
  },
  'xtensa-lx7': {
    value: 1.1,
    low: 1,
    high: 1.41,
    source: 'published times of the reference kernels on ESP32, ESP32-S3 and ESP32-C3: docs/boards.md#xtensa',
  },
  'xtensa-lx106': {
    value: 1.22,
    low: 1,
    high: 1.43,
    source: 'published fib(24) over counted instructions: docs/boards.md#xtensa',
  },
};

/** Cores that QEMU runs. */
export const CYCLES: Record<string, CyclesPerInstruction> = {
  rv32imc: {
    value: 1.17,
    low: 1,
    high: 1.84,
    source: 'published ESP-NN time on the ESP32-C3 over the instructions of the same code: docs/boards.md#esp32-c3',
  },
  'cortex-m4': {
    value: 1.87,
    low: 1.68,
    high: 2.94,
    source: "the core's cycle table over machine code; upper end: published fib(24): docs/boards.md#cortex-m4",
  },
  'cortex-m0plus': {
    value: 1.83,
    low: 1.78,
    high: 2.51,
    source: "the core's cycle table over machine code; upper end: published fib(24): docs/boards.md#cortex-m0",
  },
  ...XTENSA,
};

/** Of the ops of wasm3, where these are other code than compilers make of wasm3 as it comes (wasm3_dispatch.h). */
export const CYCLES_OF_OPS: Record<string, CyclesPerInstruction> = {
  ...CYCLES,
  'cortex-m4': {
    value: 1.57,
    low: 1.31,
    high: 2.94,
    source: "the core's cycle table over machine code; upper end: published fib(24): docs/boards.md#cortex-m4",
  },
};

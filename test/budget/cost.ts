import { type Figure, parseTarget, type Target } from '../../src/boards/target.js';
import type { ModelCost, StepCost } from '../../src/budget/cost.js';

/** A model of round numbers: 100 kB of flash, 40 kB of RAM of its own, a million ops. */
export function modelCost(changes: Partial<ModelCost> = {}): ModelCost {
  return {
    name: 'model',
    blobBytes: 90_000,
    arenaBytes: 30_000,
    scratchBytes: 4_000,
    stateBytes: 1_000,
    kernelBytes: 10_000,
    compiledCodeBytes: 5_000,
    maxNativeDepth: 100,
    linearMemoryBytes: 35_000,
    ops: 1_000_000,
    opsByKind: { i32_Add_rs: 600_000, i64_Multiply_rs: 400_000 },
    steps: [step(0, 'stem', 20_000, 300_000), step(1, 'pw1', 28_000, 500_000), step(2, 'fc', 2_000, 200_000)],
    macs: 500_000,
    ...changes,
  };
}

export function step(index: number, name: string, arenaBytes: number, ops: number): StepCost {
  return { index, name, kind: 'conv', arenaBytes, ops, macs: Math.round(ops / 2), weightBytes: 1_000 * (index + 1) };
}

export const figure = (value: number, range: Partial<Figure> = {}): Figure => ({
  value,
  source: 'made for this test',
  kind: 'counted',
  ...range,
});

/** A board of round numbers: 100 MHz, 64 kB RAM and 150 kB flash for the application, everything known. */
export function board(changes: Partial<Target> = {}): Target {
  const target: Target = {
    id: 'board',
    name: 'Board',
    core: 'host',
    clockHz: figure(100e6),
    ramBytes: { total: figure(80_000), application: figure(64_000) },
    flashBytes: { total: figure(200_000), application: figure(150_000) },
    flashMapped: { value: true, source: 'made for this test', kind: 'counted' },
    runtimes: {
      wasm3: {
        flashBytes: figure(40_000, { kind: 'qemu' }),
        ramBytes: figure(8_000, { kind: 'qemu' }),
        cyclesPerOp: {
          default: figure(10, { low: 8, high: 20, kind: 'estimate' }),
          i64mul: figure(20, { low: 16, high: 40, kind: 'estimate' }),
        },
        tailCalls: { value: true, source: 'made for this test', kind: 'counted' },
        stackBytesPerDispatch: null,
        stackBytes: figure(1_000, { kind: 'published' }),
      },
      aot: null,
    },
    published: [],
    notes: [],
    ...changes,
  };
  return parseTarget(JSON.stringify(target), `${target.id}.json`);
}

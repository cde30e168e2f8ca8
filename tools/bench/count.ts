/** Costs of one inference in wasm3, per step. */
import type { Compiled } from '../../src/compile.js';
import type { EngineStats } from '../../src/engines/engine.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { viewSize } from '../../src/program/program.js';

export interface Count {
  /** Of the whole inference: begin and every tick. */
  ops: number;
  opsByStep: number[];
  nsByStep: number[];
  stats: EngineStats;
  outputs: Uint8Array[];
}

/** Deterministic bytes: convolutions take the same ops whatever their input is. */
export function benchInputs({ program }: Compiled): Uint8Array[] {
  return program.inputs.map(({ view }) => Uint8Array.from({ length: viewSize(view) }, (_, i) => (i * 73) ^ (i >> 5)));
}

export function countOps({ blob, program }: Compiled, kernels: Uint8Array, inputs: readonly Uint8Array[]): Count {
  const session = openWasm3(blob, kernels);
  try {
    const nsByStep = program.steps.map(() => 0);
    // The first inference compiles the kernels: the second is timed.
    session.run(inputs);
    let before = process.hrtime.bigint();
    const outputs = session.run(inputs, (step) => {
      const now = process.hrtime.bigint();
      nsByStep[step] = Number(now - before);
      before = now;
    });
    const stats = session.stats();
    return { ops: stats.ops!, opsByStep: stats.opsByStep!, nsByStep, stats, outputs };
  } finally {
    session.close();
  }
}

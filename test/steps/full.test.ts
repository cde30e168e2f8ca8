/** Kinds that only full builds have: every engine gives the bytes of the reference kernels, under every plan. */
import test from 'ava';
import { asset } from '../../src/assets.js';
import { openJs } from '../../src/engines/js.js';
import { openNode } from '../../src/engines/node.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { checkBlob } from '../../src/format/check.js';
import { kernelModule } from '../../src/format/kinds.js';
import { writeBlob } from '../../src/format/write.js';
import { type PlanOptions, plan } from '../../src/plan/plan.js';
import { KIND_BINARY, KIND_GATHER, KIND_PERMUTE, KIND_SOFTMAX_ROWS } from '../../src/program/layout.js';
import { viewSize } from '../../src/program/program.js';
import { isKind, needsFull } from '../../src/steps/index.js';
import { difference } from '../difference.js';
import { seededRandom } from '../graph/builder.js';
import { replay } from '../plan/replay.js';
import { type FullProgram, fullProgram } from './full-programs.js';

const PLANS: PlanOptions[] = [
  { memory: 'fast' },
  { memory: 'min' },
  { memory: 'min', frame: 'rows' },
  { memory: 'fast', frame: 'rows' },
];
const PROGRAMS = 500;
/** In the simulator, which is slow to open. */
const SIMULATED = 5;

const small = asset('kernels.wasm');
const native = asset('kernels.native.wasm');

function inputsOf({ program }: FullProgram, seed: number): Int8Array[] {
  const random = seededRandom(seed);
  return program.inputs.map(({ view }) => Int8Array.from({ length: viewSize(view) }, () => Math.floor(random() * 256)));
}

const unsigned = (values: Int8Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.length);

test('node, native kernels, wasm3 and js give the bytes of the reference, rows of all plans are there when they are read', (t) => {
  const seen = new Map<number, number>();
  let streamed = 0;
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const made = fullProgram(seed, seed % 3 ? 'double' : 'single');
    const { program } = made;
    for (const { kind } of program.steps) seen.set(kind, (seen.get(kind) ?? 0) + 1);
    const inputs = inputsOf(made, seed);
    const [expected] = made.run(inputs);
    for (const [i, options] of PLANS.entries()) {
      const planned = plan(program, options);
      const blob = writeBlob(program, planned, 0);
      checkBlob(blob);
      replay(program, blob);
      if (planned.tasks.some(({ step }, at) => at > 0 && step < planned.tasks[at - 1].step)) streamed++;
      const kernels = asset(kernelModule(blob));
      const sessions = {
        node: () => openNode(blob, kernels),
        native: () => openNode(blob, native),
        js: () => openJs(blob),
        ...(seed % SIMULATED === i && { wasm3: () => openWasm3(blob, kernels) }),
      };
      for (const [engine, open] of Object.entries(sessions)) {
        const session = open();
        const [output] = session.run(inputs.map(unsigned));
        const result = difference(output, unsigned(expected));
        const kinds = program.steps.map(({ kind }) => kind);
        if (result !== 'equal')
          t.fail(`${engine}, seed ${seed}, ${JSON.stringify(options)}, kinds ${kinds}: ${result}`);
      }
    }
  }
  for (const kind of [KIND_GATHER, KIND_PERMUTE, KIND_BINARY, KIND_SOFTMAX_ROWS])
    t.true(seen.get(kind)! > PROGRAMS / 10, `${kind}`);
  t.true(streamed > PROGRAMS / 4, `${streamed}`);
});

test('a function of the kernels is compiled where a file calls it, and only there', (t) => {
  for (let seed = 1; seed <= 60; seed++) {
    const made = fullProgram(seed);
    const blob = writeBlob(made.program, plan(made.program, PLANS[seed % PLANS.length]), 0);
    const session = openWasm3(blob, asset(kernelModule(blob)));
    session.run(inputsOf(made, seed).map(unsigned));
    const { callsByFunction, compiledFunctions } = session.stats();
    session.close();
    const called = callsByFunction!.flatMap((calls, i) => (calls > 0 ? [i] : []));
    t.deepEqual(compiledFunctions, called, `seed ${seed}, kinds ${made.program.steps.map(({ kind }) => kind)}`);
  }
});

test('the small module refuses what it has no kernel for', (t) => {
  const { program } = fullProgram(1);
  t.true(program.steps.some(({ kind }) => isKind(kind) && needsFull(1 << kind)));
  t.throws(() => openWasm3(writeBlob(program, plan(program), 0), small), { message: /whose kernel it lacks/ });
});

/**
 * The kernels as C, without a single check while they run: whatever the file, dw_open refuses it or nothing outside its
 * memory is touched. Under the sanitizers of the compiler of this machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { asset, assetPath } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { NATIVE_MACHINES, type NativeMachine, openNode } from '../../src/engines/node.js';
import { DepthwiseError } from '../../src/errors.js';
import { readBlob } from '../../src/format/read.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { H_OUTPUT_COUNT, H_STEPS_OFFSET, KIND_CONV, KIND_SOFTMAX, S_KIND } from '../../src/program/layout.js';
import { BACKEND_FILES, CORE_FILES } from '../../src/qemu/runtimes.js';
import { isKind } from '../../src/steps/index.js';
import { edited, mutated, repaired } from '../format/damaged.js';
import { seededRandom } from '../graph/builder.js';
import { makeGraph } from '../graphs.js';
import { stepFiles } from '../steps/files.js';
import { fullFiles } from '../steps/full-programs.js';
import { temporaryFolder } from '../temporary.js';
import { GLUE, HERE, program, run, SANITIZE } from './gcc.js';
import { withTools } from './tools.js';

const MUTATIONS = 6000;
const ERROR_READ = -1;
const ERROR_LAYOUT = -6;
const ERROR_KERNELS = -7;
const ERROR_KIND = -14;

const CORE = [...CORE_FILES, ...BACKEND_FILES.aot].map((name) => join(GLUE, 'core', name));
const SOURCES = [...CORE, assetPath('kernels.c'), join(HERE, 'mutants.c')];
/** Alignment is checked too: boards have cores that do not forgive. */
const build = (...flags: string[]): string => program(SOURCES, [...SANITIZE, '-DDW_FULL', ...flags]);

const folder = temporaryFolder();
const native = asset('kernels.native.wasm');

/** Files of every kind of step: random graphs, one of them of more steps than are counted at a time, and small MobileNets. */
function originals(): Uint8Array[] {
  const random = seededRandom(78);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const plans = [{}, { memory: 'min' }, {}, { memory: 'min', frame: 'rows' }] as const;
  const blobs = Array.from({ length: 60 }, (_, i) => compile(makeGraph({ integer }, i + 1, 6), plans[i % 4]).blob);
  let long: Uint8Array;
  do long = compile(makeGraph({ integer }, 61, 100), { memory: 'min' }).blob;
  while (readBlob(long).steps.length <= 32);
  const net = (spec: string, plan = {}) => compile(buildMobileNet(parseSpec(`mobilenet:${spec}`)), plan).blob;
  return [
    ...blobs,
    ...stepFiles(),
    ...fullFiles(40),
    long,
    net('0.25@16x16x1,2'),
    net('0.25@32x33x3,3', { memory: 'min', frame: 'rows' }),
  ];
}

/** What became of each file, and the outputs of those that ran, one behind the other. */
function runAll(
  binary: string,
  files: readonly Uint8Array[],
  ...more: string[]
): { results: number[]; outputs: Buffer } {
  const paths = ['files', 'outputs'].map((name) => join(folder, name));
  const lengths = files.map((file) => Buffer.from(Uint32Array.of(file.length).buffer));
  writeFileSync(paths[0], Buffer.concat(files.flatMap((file, i) => [lengths[i], file])));
  const results = run(binary, [...paths, ...more])
    .trim()
    .split('\n')
    .map(Number);
  return { results, outputs: readFileSync(paths[1]) };
}

const portsOf = (file: Uint8Array): number => Buffer.from(file).readUInt32LE(H_OUTPUT_COUNT);

/** mutants.c's input. */
const pixels = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 73) ^ (i >> 5));

/** The same inference in V8, as mutants.c writes it; undefined where the file is refused. */
function expected(file: Uint8Array, machine: NativeMachine): Buffer | undefined {
  try {
    const { inputs } = readBlob(file);
    const outputs = openNode(file, native, machine).run(inputs.map(({ bytes }) => pixels(bytes)));
    return Buffer.concat(outputs.flatMap((output) => [Buffer.from(Uint32Array.of(output.length).buffer), output]));
  } catch (error) {
    if (error instanceof DepthwiseError) return undefined;
    throw error;
  }
}

/** What the C compiler is told where it does not know it of itself. */
const MACHINES: Record<NativeMachine, string[]> = {
  plain: ['-DDW_WIDE=0u'],
  wide: ['-DDW_WIDE=1u'],
  halves: ['-DDW_HALVES=1u'],
  dot: ['-DDW_HALVES=2u'],
};

for (const [i, machine] of NATIVE_MACHINES.entries()) {
  withTools(
    test,
    ['gcc'],
    `${machine} machines: nothing outside of a file's memory is touched, and the bytes are V8's`,
    (t) => {
      const blobs = originals();
      const random = seededRandom(101 + i);
      const files = [...blobs];
      for (let j = 0; j < MUTATIONS; j++) {
        files.push(repaired(mutated(blobs[j % blobs.length], blobs[Math.floor(random() * blobs.length)], random)));
      }
      const { results, outputs } = runAll(build(...MACHINES[machine]), files);
      t.is(results.length, files.length);
      let at = 0;
      let compared = 0;
      const outcomes = new Map<number, number>();
      files.forEach((file, i) => {
        outcomes.set(results[i], (outcomes.get(results[i]) ?? 0) + 1);
        const bytes = expected(file, machine);
        // The host refuses more: names, scales and shapes of ports, which no address depends on.
        if (bytes === undefined && results[i] !== 0) return;
        if (results[i] !== 0) {
          t.fail(`file ${i} ended with ${results[i]}, but runs on the host`);
          return;
        }
        if (bytes !== undefined) {
          compared++;
          t.true(outputs.subarray(at, at + bytes.length).equals(bytes), `file ${i} has other outputs`);
        }
        for (let port = 0; port < portsOf(file); port++) at += 4 + outputs.readUInt32LE(at);
      });
      t.log(Object.fromEntries(outcomes));
      t.is(at, outputs.length);
      t.true(compared > MUTATIONS / 10 && outcomes.get(ERROR_LAYOUT)! > MUTATIONS / 10);
    },
  );
}

withTools(test, ['gcc'], 'a file that cannot be read at any moment ends with that error', (t) => {
  const [file] = originals().slice(-1);
  const binary = build();
  let reads = 1;
  for (; reads < 1 << 20; reads = Math.ceil(reads * 1.2)) {
    const { results } = runAll(binary, [file], `${reads}`);
    if (results[0] === 0) break;
    t.is(results[0], ERROR_READ, `read ${reads}`);
  }
  t.true(reads > 1000 && reads < 1 << 20);
});

withTools(test, ['gcc'], 'kernels that are left out: models without them run, others are refused', (t) => {
  const file = compile(buildMobileNet(parseSpec('mobilenet:0.25@32x32x3,2'))).blob;
  const kinds = readBlob(file).steps.reduce((mask, { kind }) => mask | (1 << kind), 0);
  t.deepEqual(runAll(build(`-DDW_KINDS=${kinds}u`), [file]).results, [0]);
  for (const kind of [KIND_CONV, KIND_SOFTMAX]) {
    t.deepEqual(runAll(build(`-DDW_KINDS=${kinds & ~(1 << kind)}u`), [file]).results, [ERROR_KERNELS]);
  }
});

withTools(test, ['gcc'], 'a kind of step that does not exist is refused', (t) => {
  const file = compile(buildMobileNet(parseSpec('mobilenet:0.25@16x16x1,2'))).blob;
  const kinds = [...Array(256).keys(), 0x10001, 0xffffffff].filter((kind) => !isKind(kind));
  const files = kinds.map((kind) =>
    edited(file, (view) => view.setUint32(view.getUint32(H_STEPS_OFFSET, true) + S_KIND, kind, true)),
  );
  const { results } = runAll(build(), files);
  t.deepEqual(
    results,
    kinds.map(() => ERROR_KIND),
  );
});

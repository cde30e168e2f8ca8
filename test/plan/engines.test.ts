/** Plans with the least RAM, and pushed rows, give the bytes of the reference kernels. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { openJs } from '../../src/engines/js.js';
import { openNode } from '../../src/engines/node.js';
import { runReference } from '../../src/engines/reference.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { DepthwiseError, type ErrorCode } from '../../src/errors.js';
import type { Graph } from '../../src/graph/graph.js';
import { elements } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import type { PlanOptions } from '../../src/plan/plan.js';
import { difference } from '../difference.js';
import { NATIVE, openTested, type TestedEngine } from '../engines/kernels.js';
import { readFixture, readManifest, withFixtures } from '../fixtures.js';
import { graphs, inputBytes } from '../graphs.js';
import { replay } from './replay.js';

const ALL: PlanOptions[] = [
  { memory: 'min', frame: 'resident' },
  { memory: 'min', frame: 'rows' },
  { memory: 'fast', frame: 'rows' },
];

function check(graph: Graph, inputs: Uint8Array[], engine: TestedEngine, all = ALL): void {
  const expected = runReference(graph, inputs);
  for (const options of all) {
    const compiled = compile(graph, options);
    replay(compiled.program, compiled.blob);
    const runner = openTested(graph, compiled, engine);
    // Nothing of one inference may reach into the next.
    for (const run of [1, 2]) {
      for (const [i, output] of runner.run(inputs).entries()) {
        const result = difference(output, expected[i]);
        if (result !== 'equal')
          throw new Error(`${engine}, ${JSON.stringify(options)}, run ${run}, output ${i}: ${result}`);
      }
    }
  }
}

const holds = (...engines: TestedEngine[]) =>
  fc.property(graphs(5, false), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (graph, seed) => {
    for (const engine of engines) check(graph, inputBytes(graph, seed, 0), engine);
  });

test('random graphs, least RAM and pushed rows: node gives the bytes of the reference kernels', (t) => {
  t.notThrows(() => fc.assert(holds('node'), { numRuns: 300, seed: 11, includeErrorInReport: true }));
});

test('random graphs, least RAM and pushed rows: the native kernels give the bytes of the reference kernels', (t) => {
  t.notThrows(() => fc.assert(holds(...NATIVE), { numRuns: 300, seed: 14, includeErrorInReport: true }));
});

test('random graphs, least RAM and pushed rows: wasm3 gives the bytes of the reference kernels', (t) => {
  t.notThrows(() => fc.assert(holds('wasm3'), { numRuns: 40, seed: 12, includeErrorInReport: true }));
});

test('random graphs, least RAM and pushed rows: js gives the bytes of the reference kernels', (t) => {
  t.notThrows(() => fc.assert(holds('js'), { numRuns: 150, seed: 13, includeErrorInReport: true }));
});

test('MobileNets of many sizes, least RAM and pushed rows', (t) => {
  for (const spec of ['0.25@32x32x3,2', '0.25@33x31x1,3', '0.125@48x20x2,4', '0.5@16x40x3,2', '0.25@65x64x1,2']) {
    const graph = buildMobileNet(parseSpec(`mobilenet:${spec}`));
    for (const engine of ['node', ...NATIVE] as const) check(graph, inputBytes(graph, 5, 0), engine);
  }
  t.pass();
});

const small = buildMobileNet(parseSpec('mobilenet:0.25@32x32x3,2'));
const image = inputBytes(small, 7, 0)[0];
const ROW = 32 * 3;

const openJsRuntime = (blob: Uint8Array) => openJs(blob);
for (const open of [openNode, openWasm3, openJsRuntime]) {
  test(`${open.name}: rows pushed one by one, or several at a time, make the same inference`, (t) => {
    const expected = runReference(small, [image])[0];
    const session = open(compile(small, { memory: 'min', frame: 'rows' }).blob, asset('kernels.wasm'));
    for (const rows of [1, 3, 32]) {
      for (let y = 0; y < 32; y += rows) {
        const outputs = session.push(image.slice(y * ROW, (y + rows) * ROW));
        t.deepEqual(outputs, y + rows >= 32 ? [expected] : undefined);
      }
    }
  });

  test(`${open.name}: rows that nobody asked for are refused`, (t) => {
    const kernels = asset('kernels.wasm');
    const refused = (action: () => unknown, code: ErrorCode, message: RegExp) => {
      const error = t.throws(action, { instanceOf: DepthwiseError });
      t.is(error?.code, code);
      t.regex(error!.message, message);
    };
    const whole = open(compile(small).blob, kernels);
    refused(() => whole.push(image.slice(0, ROW)), 'USAGE', /--frame rows/);
    const session = open(compile(small, { frame: 'rows' }).blob, kernels);
    refused(() => session.push(new Uint8Array(ROW - 1)), 'INPUT_SIZE', /whole rows of 96 bytes/);
    refused(() => session.push(new Uint8Array(33 * ROW)), 'INPUT_SIZE', /33 rows were pushed, but only 32/);
    t.is(session.push(image.slice(0, 30 * ROW)), undefined);
    refused(() => session.push(new Uint8Array(3 * ROW)), 'INPUT_SIZE', /only 2 of the input's 32 are left/);
    // What was refused left no trace.
    t.deepEqual(session.push(image.slice(30 * ROW)), runReference(small, [image]));
    // An inference by run ends one that was pushed half.
    session.push(new Uint8Array(5 * ROW));
    t.deepEqual(session.run([image]), runReference(small, [image]));
    t.is(session.push(image.slice(0, ROW)), undefined);
  });
}

/** Bytes: arena of resident frames and of pushed rows, and arena with scratch. */
const LIMITS: Record<string, { resident: [number, number]; rows: [number, number] }> = {
  person_detect: { resident: [21_500, 27_000], rows: [11_600, 18_000] },
  vww_96_int8: { resident: [31_300, 37_000], rows: [12_000, 18_000] },
  kws_ref_model: { resident: [9_000, 14_000], rows: [9_000, 14_000] },
  'mobilenet_v1_0.25_128_quant': { resident: [60_000, 68_000], rows: [20_000, 28_000] },
};

for (const [name, limits] of Object.entries(LIMITS)) {
  withFixtures(test, `${name}: all goldens and the size of the arena in every plan`, (t: ExecutionContext) => {
    const graph = importTflite(readFixture('models', `${name}.tflite`), name);
    const manifest = readManifest('golden', name, 'manifest.json');
    const kws = name === 'kws_ref_model' ? [{ input: 'official100.in.bin', output: 'official100.out.bin' }] : [];
    const cases = [...(manifest.cases ?? [{ input: 'inputs_10.u8', output: 'softmax_10.u8' }]), ...kws];
    const inputSize = elements(graph.tensors[graph.inputs[0]].shape);
    const outputSize = elements(graph.tensors[graph.outputs[0]].shape);
    const records = cases.flatMap(({ input, output }: { input: string; output: string }) => {
      const [inputs, outputs] = [readFixture('golden', name, input), readFixture('golden', name, output)];
      return Array.from({ length: inputs.length / inputSize }, (_, i) => ({
        input: inputs.slice(i * inputSize, (i + 1) * inputSize),
        expected: outputs.slice(i * outputSize, (i + 1) * outputSize),
      }));
    });
    const [{ input }] = records;
    const ops = (options: PlanOptions) => {
      const session = openWasm3(compile(graph, options).blob, asset('kernels.wasm'));
      session.run([input]);
      const { ops, linearMemoryBytes } = session.stats();
      session.close();
      return { ops: ops!, linearMemoryBytes: linearMemoryBytes! };
    };
    const fast = ops({ memory: 'fast' }).ops;
    for (const options of ALL) {
      const compiled = compile(graph, options);
      const { arenaBytes, scratchBytes, memoryBytes } = compiled.plan;
      replay(compiled.program, compiled.blob);
      for (const engine of ['node', ...NATIVE, 'wasm3', 'js'] as const) {
        const runner = openTested(graph, compiled, engine);
        for (const [i, { input, expected }] of records.entries()) {
          const [output] = runner.run([input]);
          t.is(difference(output, expected), 'equal', `${engine} ${JSON.stringify(options)}, record ${i}`);
        }
      }
      t.true(memoryBytes - arenaBytes - scratchBytes <= 1024);
      t.true(scratchBytes <= 8192);
      if (options.memory !== 'min') continue;
      const [arena, together] = limits[options.frame!];
      t.true(arenaBytes <= arena, `${options.frame}: arena ${arenaBytes}`);
      t.true(arenaBytes + scratchBytes <= together, `${options.frame}: ${arenaBytes} + ${scratchBytes}`);
      const counted = ops(options);
      t.true(counted.ops <= 1.35 * fast, `${options.frame}: ${counted.ops} ops, ${fast} in the fast plan`);
      t.is(counted.linearMemoryBytes, memoryBytes);
    }
  });
}

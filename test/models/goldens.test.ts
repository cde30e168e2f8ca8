/**
 * The real models, on every engine, against what tflite-micro (and, for the legacy uint8 one, TFLite) computed: outputs and
 * every layer, to the byte.
 */
import test, { type ExecutionContext } from 'ava';
import { type Compiled, compile } from '../../src/compile.js';
import type { Graph } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { difference } from '../difference.js';
import { NATIVE, openTested, type TestedEngine } from '../engines/kernels.js';
import { readFixture, readManifest, withFixtures } from '../fixtures.js';

/** The reference kernels go through the same files in test/engines/reference.test.ts. */
const ENGINES: readonly TestedEngine[] = ['node', ...NATIVE, 'wasm3', 'js'];
const LEGACY = 'mobilenet_v1_0.25_128_quant';
const KWS_BYTES = 490;
const KWS_CLASSES = 12;

interface Model {
  graph: Graph;
  fused: Compiled;
  unfused: Compiled;
}

const models = new Map<string, Model>();

/** Imported and compiled once for all tests. */
function load(name: string): Model {
  const known = models.get(name);
  if (known) return known;
  const graph = importTflite(readFixture('models', `${name}.tflite`), name);
  const model = { graph, fused: compile(graph), unfused: compile(graph, { fuse: false }) };
  models.set(name, model);
  return model;
}

const record = (bytes: Uint8Array, size: number, index: number) => bytes.subarray(index * size, (index + 1) * size);

for (const name of ['person_detect', 'vww_96_int8', 'kws_ref_model']) {
  for (const engine of ENGINES) {
    withFixtures(test, `${name} on ${engine}: the outputs of tflite-micro`, (t: ExecutionContext) => {
      const { graph, fused } = load(name);
      const runner = openTested(graph, fused, engine);
      const { cases } = readManifest('golden', name, 'manifest.json');
      t.true(cases.length >= 4);
      for (const { name: title, input, output } of cases) {
        const [actual] = runner.run([readFixture('golden', name, input)]);
        t.is(difference(actual, readFixture('golden', name, output)), 'equal', title);
      }
    });
  }
}

for (const engine of ENGINES) {
  withFixtures(test, `kws_ref_model on ${engine}: the 100 official records`, (t: ExecutionContext) => {
    const { graph, fused } = load('kws_ref_model');
    const runner = openTested(graph, fused, engine);
    const inputs = readFixture('golden', 'kws_ref_model', 'official100.in.bin');
    const outputs = readFixture('golden', 'kws_ref_model', 'official100.out.bin');
    for (let i = 0; i < 100; i++) {
      const [actual] = runner.run([record(inputs, KWS_BYTES, i)]);
      t.is(difference(actual, record(outputs, KWS_CLASSES, i)), 'equal', `record ${i}`);
    }
  });
}

/** Model, folder of the dump, its input. */
const DUMPS = [
  ['person_detect', 'layers', 'rand0.in.bin'],
  ['person_detect', 'layers_person', 'person.in.bin'],
  ['vww_96_int8', 'layers', 'rand0.in.bin'],
  ['kws_ref_model', 'layers', 'rand0.in.bin'],
  ['kws_ref_model', 'layers_official0', 'official100.in.bin'],
];
for (const [name, folder, input] of DUMPS) {
  for (const engine of name.startsWith('kws') ? ([...ENGINES, 'reference'] as const) : ENGINES) {
    withFixtures(test, `${name}/${folder} on ${engine}: every layer of tflite-micro`, (t: ExecutionContext) => {
      const { graph, unfused } = load(name);
      const { ops } = readManifest('golden', name, folder, 'manifest.json');
      const expected = new Map<number, string>(ops.map((op: { index: number; file: string }) => [op.index, op.file]));
      t.is(expected.size, graph.operators.length);
      const bytes = readFixture('golden', name, input);
      openTested(graph, unfused, engine).run(
        [name.startsWith('kws') ? record(bytes, KWS_BYTES, 0) : bytes],
        (index, output) => {
          t.is(
            difference(output, readFixture('golden', name, folder, expected.get(index)!)),
            'equal',
            `operator ${index}`,
          );
          expected.delete(index);
        },
      );
      t.deepEqual([...expected.keys()], [], 'operators that were not shown');
    });
  }
}

for (const engine of ENGINES) {
  withFixtures(test, `${LEGACY} on ${engine}: layers and logits of TFLite's uint8 kernels`, (t: ExecutionContext) => {
    const { graph, unfused } = load(LEGACY);
    const runner = openTested(graph, unfused, engine);
    const read = (file: string) => readFixture('golden', LEGACY, file);
    const { layersImage0 } = readManifest('golden', LEGACY, 'manifest.json');
    const files = new Map<number, string>(
      layersImage0.map((layer: { op: number; file: string }) => [layer.op, layer.file]),
    );
    t.is(files.size, graph.operators.length);
    const softmaxOperator = graph.operators.length - 1;
    const logitsOperator = softmaxOperator - 1;
    const [inputs, logits, softmax] = [read('inputs_10.u8'), read('logits_10.u8'), read('softmax_10.u8')];
    for (let image = 0; image < 10; image++) {
      const seen = new Set<number>();
      const [actual] = runner.run([record(inputs, 128 * 128 * 3, image)], (index, output) => {
        seen.add(index);
        if (image === 0 && index < softmaxOperator) {
          t.is(difference(output, read(files.get(index)!)), 'equal', `operator ${index}`);
        }
        if (index === logitsOperator) {
          t.is(difference(output, record(logits, 1001, image)), 'equal', `logits of image ${image}`);
        }
      });
      t.is(seen.size, graph.operators.length);
      // TFLite's uint8 softmax is a float table; gemmlowp's fixed point may be off by 1 in rare bytes.
      const expected = record(softmax, 1001, image);
      const steps = [...expected.keys()].map((i) => Math.abs(actual[i] - expected[i])).filter(Boolean);
      t.true(steps.length <= 3 && steps.every((step) => step === 1), `softmax of image ${image}: ${steps}`);
    }
  });
}

/** Side by side, whole tensors of MobileNetV1 0.25 at 96x96 need 24x24x32 + 48x48x16 bytes. */
const SIDE_BY_SIDE = 55_296;
for (const name of ['person_detect', 'vww_96_int8']) {
  withFixtures(test, `${name}: the arena is as small as whole tensors side by side can be`, (t: ExecutionContext) => {
    const { arenaBytes, lowerBoundBytes } = load(name).fused.plan;
    t.true(arenaBytes <= SIDE_BY_SIDE, `${arenaBytes}`);
    t.is(arenaBytes, lowerBoundBytes);
  });
}

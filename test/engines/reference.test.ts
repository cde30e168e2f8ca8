import type { ExecutionContext } from 'ava';
import test from 'ava';
import { runReference } from '../../src/engines/reference.js';
import type { Graph } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { readFixture, readManifest, withFixtures } from '../fixtures.js';
import { tinyGraph } from '../kernels/reference/tiny.js';

// --- what the engine itself does ----------------------------------------------------------------------------------

const relu = tinyGraph({ op: 'RELU' }, [{ shape: [1, 2], scale: 1 }], { shape: [1, 2], scale: 1 });

test('an input of the wrong length is refused', (t) => {
  t.throws(() => runReference(relu, [new Uint8Array(3)]), {
    code: 'INPUT_SIZE',
    message: /"t0" has 3 bytes, expected 2/,
  });
  t.throws(() => runReference(relu, []), { code: 'INPUT_SIZE' });
});

test('shape changes keep the bytes', (t) => {
  const graph = tinyGraph({ op: 'RESHAPE' }, [{ shape: [1, 2, 1, 2], scale: 1 }], { shape: [1, 4], scale: 1 });
  t.deepEqual([...runReference(graph, [new Uint8Array([1, 2, 254, 255])])[0]], [1, 2, 254, 255]);
});

test('inputs and constants of the graph are left as they were', (t) => {
  const input = new Uint8Array([255, 7]);
  const seen: [number, number[]][] = [];
  const [output] = runReference(relu, [input], {
    afterOperator: (index, outputs) => seen.push([index, [...outputs[0]]]),
  });
  t.deepEqual([...input], [255, 7]);
  t.deepEqual([...output], [0, 7]);
  t.deepEqual(seen, [[0, [0, 7]]]);
});

test('an operator that reads a tensor nothing has written says so', (t) => {
  const broken: Graph = {
    ...relu,
    operators: [{ ...relu.operators[0], inputs: [1], outputs: [0] }],
    inputs: [],
    outputs: [0],
  };
  t.throws(() => runReference(broken, []), { code: 'MODEL_UNSUPPORTED', message: /tensor 1 "t1" has no values yet/ });
});

// --- the golden files: every byte of every layer ------------------------------------------------------------------

interface Case {
  name: string;
  input: string;
  output: string;
}
interface Layer {
  index: number;
  file: string;
}

const load = (model: string) => importTflite(readFixture('models', `${model}.tflite`), model);
const record = (bytes: Uint8Array, size: number, index: number) => bytes.subarray(index * size, (index + 1) * size);

/** How many bytes differ, and the first place: reads better in a failure than two arrays of 40,000. */
function difference(actual: Uint8Array, expected: Uint8Array): string {
  if (actual.length !== expected.length) return `${actual.length} bytes, expected ${expected.length}`;
  let first = -1;
  let count = 0;
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] === expected[i]) continue;
    if (count++ === 0) first = i;
  }
  return count === 0 ? 'equal' : `${count} differ, byte ${first} is ${actual[first]}, expected ${expected[first]}`;
}

for (const model of ['person_detect', 'vww_96_int8', 'kws_ref_model']) {
  withFixtures(test, `${model}: outputs of tflite-micro`, (t: ExecutionContext) => {
    const graph = load(model);
    const { cases } = readManifest<{ cases: Case[] }>('golden', model, 'manifest.json');
    t.true(cases.length >= 4);
    for (const { name, input, output } of cases) {
      const [actual] = runReference(graph, [readFixture('golden', model, input)]);
      t.is(difference(actual, readFixture('golden', model, output)), 'equal', name);
    }
  });
}

const dumps = [
  ['person_detect', 'layers', 'rand0.in.bin'],
  ['person_detect', 'layers_person', 'person.in.bin'],
  ['vww_96_int8', 'layers', 'rand0.in.bin'],
  ['kws_ref_model', 'layers', 'rand0.in.bin'],
  ['kws_ref_model', 'layers_official0', 'official100.in.bin'],
];
for (const [model, folder, input] of dumps) {
  withFixtures(test, `${model}/${folder}: every layer of tflite-micro`, (t: ExecutionContext) => {
    const { ops } = readManifest<{ ops: Layer[] }>('golden', model, folder, 'manifest.json');
    const graph = load(model);
    const layers = new Map(ops.map(({ index, file }) => [index, readFixture('golden', model, folder, file)]));
    t.is(layers.size, graph.operators.length);
    const bytes = readFixture('golden', model, input);
    const size = input.startsWith('official') ? 490 : bytes.length;
    runReference(graph, [record(bytes, size, 0)], {
      afterOperator: (index, [output]) => t.is(difference(output, layers.get(index)!), 'equal', `operator ${index}`),
    });
  });
}

withFixtures(test, 'kws_ref_model: the 100 official records', (t: ExecutionContext) => {
  const graph = load('kws_ref_model');
  const inputs = readFixture('golden', 'kws_ref_model', 'official100.in.bin');
  const outputs = readFixture('golden', 'kws_ref_model', 'official100.out.bin');
  const { labels } = readManifest<{ labels: number[] }>('golden', 'kws_ref_model', 'official100.json');
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    const [actual] = runReference(graph, [record(inputs, 490, i)]);
    t.is(difference(actual, record(outputs, 12, i)), 'equal', `record ${i}`);
    const scores = new Int8Array(actual.buffer);
    if (scores.indexOf(Math.max(...scores)) === labels[i]) right++;
  }
  t.is(right, 94);
});

withFixtures(test, 'mobilenet_v1_0.25_128_quant: legacy uint8 of TFLite', (t: ExecutionContext) => {
  const model = 'mobilenet_v1_0.25_128_quant';
  const read = (file: string) => readFixture('golden', model, file);
  const { layersImage0 } = readManifest<{ layersImage0: { op: number; file: string }[] }>(
    'golden',
    model,
    'manifest.json',
  );
  const layers = new Map(layersImage0.map(({ op, file }) => [op, read(file)]));
  const [inputs, logits, softmax] = [read('inputs_10.u8'), read('logits_10.u8'), read('softmax_10.u8')];
  const graph = load(model);
  t.is(layers.size, graph.operators.length);
  for (let image = 0; image < 10; image++) {
    const [actual] = runReference(graph, [record(inputs, 128 * 128 * 3, image)], {
      afterOperator: (index, [output]) => {
        if (image === 0 && index < 30) t.is(difference(output, layers.get(index)!), 'equal', `operator ${index}`);
        if (index === 29) t.is(difference(output, record(logits, 1001, image)), 'equal', `logits of image ${image}`);
      },
    });
    // TFLite divides in float32 here; the fixed-point softmax may be off by 1 in rare bytes.
    const steps = [...record(softmax, 1001, image)]
      .map((expected, i) => Math.abs(actual[i] - expected))
      .filter(Boolean);
    t.true(steps.length <= 3 && steps.every((step) => step === 1), `softmax of image ${image}: ${steps}`);
  }
});

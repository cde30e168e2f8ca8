/** Float .tflite files: float32, float16 and dynamic-range int8 weights, beside LiteRT and beside the .onnx they came from. */
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { compile } from '../../../src/compile.js';
import { openRunner } from '../../../src/engines/run.js';
import { DepthwiseError } from '../../../src/errors.js';
import type { Graph } from '../../../src/graph/graph.js';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { isFloatGraph } from '../../../src/import/tflite/float.js';
import { importTflite, readTflite } from '../../../src/import/tflite/import.js';
import { isWeighted } from '../../../src/operators/index.js';
import { calibrate } from '../../../src/quantize/calibrate.js';
import { runFloat } from '../../../src/quantize/float-run.js';
import { realValues } from '../../../src/quantize/pixels.js';
import { quantizeGraph } from '../../../src/quantize/quantize.js';
import { quantizeUncalibrated } from '../../../src/quantize/uncalibrated.js';
import { loadCifar10 } from '../../../tools/eval/cifar10.js';
import { openLiteRt } from '../../export/tflite/litert.js';
import { fixture, withFixtures } from '../../fixtures.js';
import { network } from '../../quantize/networks.js';
import { randomValues } from '../onnx/blocks.js';
import { floatTflite, halfOf, valuesIn, type Weights } from './float-file.js';
import { rawConvolution, rawTflite } from './raw.js';

const KINDS: readonly Weights[] = ['float32', 'float16', 'int8'];

const trained = (name: string): Graph =>
  importOnnx(new Uint8Array(readFileSync(new URL(`../../../tools/train/out/${name}.onnx`, import.meta.url))), name);

/** All weights and biases, layer by layer. */
const constants = ({ tensors, operators }: Graph) =>
  operators
    .filter(isWeighted)
    .flatMap(({ inputs }) => inputs.slice(1).map((index) => tensors[index].data as Float32Array));

for (const weights of KINDS) {
  test(`${weights} weights: the float graph is the one that was written`, (t) => {
    for (const original of [trained('digits-mini'), network('Relu', 3), network('Clip', 4)]) {
      const graph = readTflite(floatTflite(original, weights), 'network');
      t.true(isFloatGraph(graph));
      t.deepEqual(
        graph.operators.map(({ op }) => op),
        original.operators.map(({ op }) => op),
      );
      const [ours, theirs] = [constants(graph), constants(original)];
      for (const [i, data] of theirs.entries()) {
        if (weights === 'float32') t.deepEqual(ours[i], data);
        if (weights === 'float16') t.deepEqual(ours[i], data.map(halfOf));
        const step = Math.max(...data.map(Math.abs)) / 250;
        if (weights === 'int8') t.true(data.every((value, k) => Math.abs(value - ours[i][k]) <= step));
      }
    }
  });
}

test('the float graph computes what LiteRT does', async (t) => {
  for (const weights of ['float32', 'float16'] as const) {
    for (const original of [trained('digits'), network('Relu', 5)]) {
      const file = floatTflite(original, weights);
      const liteRt = await openLiteRt(file);
      const graph = readTflite(file, 'network');
      const values = randomValues(valuesIn(graph), 9);
      const [bytes] = (await liteRt([new Uint8Array(values.buffer)])).values();
      const theirs = new Float32Array(bytes.slice().buffer);
      const ours = runFloat(graph, [values])[graph.outputs[0]];
      t.is(ours.length, theirs.length);
      for (const [i, value] of theirs.entries())
        t.true(Math.abs(value - ours[i]) <= 1e-4 * Math.max(1, Math.abs(value)));
    }
  }
});

test('it is quantised and compiled as an .onnx file is', (t) => {
  const original = trained('digits-mini');
  const graph = readTflite(floatTflite(original, 'float32'), original.name);
  const blob = (float: Graph) => compile(quantizeUncalibrated(float)).blob;
  t.deepEqual(blob(graph), blob(original));
  t.throws(() => importTflite(floatTflite(original, 'float32')), { code: 'MODEL_UNSUPPORTED', message: /float32/ });
});

withFixtures(test, 'cifar10 from a float .tflite is as good as from its .onnx', async (t: ExecutionContext) => {
  const archive = fixture('datasets', 'cifar10-jpg.tar.gz');
  const some =
    (part: number) =>
    <T>(entries: T[]) =>
      entries.filter((_, i) => i % part === 0);
  const pictures = await loadCifar10(archive, 'test', some(100));
  const samples = await loadCifar10(archive, 'validation', some(200));
  const map = { scale: 1 / 64, zeroPoint: 0 };
  const int8 = ({ pixels }: { pixels: Uint8Array }) => pixels.map((pixel) => pixel ^ 0x80);
  const real = samples.map((sample) => [realValues(int8(sample), map)]);
  const quantised = (float: Graph) => quantizeGraph(float, calibrate(float, real), [map]);
  const answers = (graph: Graph) => {
    const runner = openRunner(graph, compile(graph), 'node');
    return pictures.map((picture) => {
      const scores = Array.from(runner.run([int8(picture)])[0], (byte) => (byte << 24) >> 24);
      return scores.indexOf(Math.max(...scores));
    });
  };
  const original = trained('cifar10');
  const ofOnnx = quantised(original);
  const read = (weights: Weights) => quantised(readTflite(floatTflite(original, weights), 'cifar10'));
  t.deepEqual(compile(read('float32')).blob, compile(ofOnnx).blob);
  const expected = answers(ofOnnx);
  for (const weights of ['float16', 'int8'] as const) {
    const same = answers(read(weights)).filter((answer, i) => answer === expected[i]).length;
    t.log(`${weights}: ${same} of ${pictures.length} answers are those of the .onnx route`);
    t.true(same >= 0.95 * pictures.length);
  }
});

test('what is float in part, or float16 inside, is refused', (t) => {
  const half = rawConvolution();
  for (const tensor of half.tensors) Object.assign(tensor, { type: 1, data: undefined });
  const inside = t.throws(() => readTflite(rawTflite(half)), { code: 'MODEL_UNSUPPORTED' });
  t.regex(inside!.message, /type FLOAT16; supported: FLOAT16 weights alone/);
  const part = rawConvolution();
  part.tensors[2].type = 0;
  t.throws(() => readTflite(rawTflite(part)), { code: 'MODEL_UNSUPPORTED', message: /float32/ });
});

test('damaged float files end in an error of ours, or in a model', (t) => {
  const files = KINDS.map((weights) => floatTflite(network('Relu', 6), weights));
  const changes = fc.array(fc.tuple(fc.nat(10_000), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
  const damaged = fc.property(fc.constantFrom(...files), changes, (file, bytes) => {
    const copy = file.slice();
    for (const [at, value] of bytes) copy[at % copy.length] = value;
    try {
      const graph = readTflite(copy, 'damaged');
      compile(isFloatGraph(graph) ? quantizeUncalibrated(graph) : graph);
    } catch (error) {
      if (!(error instanceof DepthwiseError)) throw error;
    }
  });
  fc.assert(damaged, { numRuns: 600, includeErrorInReport: true });
  t.pass();
});

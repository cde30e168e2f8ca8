/** Quantised .onnx files (QuantizeLinear, DequantizeLinear) beside ONNX Runtime, with the scales of their own. */
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { compile } from '../../../src/compile.js';
import { perTensor } from '../../../src/graph/graph.js';
import { importTflite } from '../../../src/import/tflite/import.js';
import { loadCifar10 } from '../../../tools/eval/cifar10.js';
import { openTested } from '../../engines/kernels.js';
import { fixture, withFixtures } from '../../fixtures.js';
import { buildOnnx } from './build.js';
import { fromGraph } from './qdq.js';
import { type Kind, quantisedNetwork } from './qdq-network.js';
import { besideOnnxRuntime, quantised, steps } from './qdq-peer.js';

const builtIn = (name: string) =>
  importTflite(new Uint8Array(readFileSync(new URL(`../../../src/models/${name}.tflite`, import.meta.url))), name);

const largest = (values: ArrayLike<number>) => Array.from(values).indexOf(Math.max(...Array.from(values)));

for (const [type, part] of [
  ['int8', 20],
  ['uint8', 100],
] as const) {
  test(`cifar10 as ${type} .onnx is the graph of its .tflite, weight for weight and scale for scale`, (t) => {
    const original = builtIn('cifar10');
    const graph = quantised(buildOnnx(fromGraph(original, type)));
    t.deepEqual(
      graph.operators.map(({ op }) => op),
      original.operators.map(({ op }) => op),
    );
    for (const [i, { inputs, outputs }] of graph.operators.entries()) {
      const theirs = original.operators[i];
      t.deepEqual(perTensor(graph.tensors[outputs[0]]), perTensor(original.tensors[theirs.outputs[0]]));
      if (!original.operators[i].op.includes('CON')) continue;
      for (const position of [1, 2]) {
        const { data, quantization } = graph.tensors[inputs[position]];
        const expected = original.tensors[theirs.inputs[position]];
        t.deepEqual(data, expected.data);
        t.deepEqual(quantization!.scale, expected.quantization!.scale);
      }
    }
  });

  withFixtures(
    test,
    `cifar10 as ${type} .onnx names ${10000 / part} pictures as ONNX Runtime does`,
    async (t: ExecutionContext) => {
      const bytes = buildOnnx(fromGraph(builtIn('cifar10'), type));
      const graph = quantised(bytes);
      const runner = openTested(graph, compile(graph), 'node');
      const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
      const every = <T>(entries: T[]) => entries.filter((_, i) => i % part === 0);
      const samples = await loadCifar10(fixture('datasets', 'cifar10-jpg.tar.gz'), 'test', every);
      let [same, values, different, far] = [0, 0, 0, 0];
      for (const { pixels } of samples) {
        const real = Float32Array.from(
          { length: 3072 },
          (_, i) => (pixels[(i % 1024) * 3 + Math.floor(i / 1024)] - 128) / 64,
        );
        const feeds = { [session.inputNames[0]]: new Tensor('float32', real, [1, 3, 32, 32]) };
        const theirs = (await session.run(feeds))[session.outputNames[0]].data as Float32Array;
        const [ours] = runner.run([pixels.map((pixel) => pixel ^ 0x80)]);
        const apart = steps(graph, ours, theirs);
        values += apart.length;
        different += apart.filter((value) => value > 0).length;
        far += apart.filter((value) => value > 1).length;
        if (largest(new Int8Array(ours.buffer, ours.byteOffset, ours.length)) === largest(theirs)) same++;
      }
      t.log(`${same} of ${samples.length} alike, ${different} of ${values} values differ, ${far} by more than 1`);
      t.is(samples.length, 10_000 / part);
      t.is(same, samples.length);
      // Softmax turns one step of a logit, 0.14, into as many as 9 steps of a probability.
      t.true(different <= 0.02 * values && far <= 0.01 * values);
    },
  );
}

/** uint8 weights with a scale for each channel have a zero point for each, which no integer kernel takes. */
const kinds: Kind[] = (['int8', 'uint8'] as const).flatMap((activations) =>
  (['none', 'Sigmoid', 'Softmax'] as const).flatMap((end) => [
    { activations, weights: 'int8' as const, perChannel: true, end },
    { activations, weights: 'int8' as const, perChannel: false, end },
    { activations, weights: 'uint8' as const, perChannel: false, end },
  ]),
);

test('random networks of every kind: within 1 of ONNX Runtime, and the same bytes in every engine', async (t) => {
  let [values, different] = [0, 0];
  const check = async (seed: number, kind: Kind) => {
    const { graph, record, reference, apart } = await besideOnnxRuntime(quantisedNetwork(seed, kind), seed + 1);
    t.is(graph.tensors[graph.inputs[0]].dtype, kind.weights);
    t.true(Math.max(...apart) <= 1, `seed ${seed}, ${JSON.stringify(kind)}: ${apart}`);
    values += apart.length;
    different += apart.filter((value) => value > 0).length;
    const compiled = compile(graph);
    t.is(compiled.program.rounding, 'single');
    for (const engine of ['node', 'wasm3', 'js'] as const) {
      t.deepEqual(openTested(graph, compiled, engine).run(record)[0], reference, engine);
    }
  };
  const cases = fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 20 }), fc.constantFrom(...kinds), check);
  await fc.assert(cases, { numRuns: 60, seed: 7, includeErrorInReport: true });
  t.log(`${different} of ${values} values differ`);
  t.true(different <= 0.02 * values);
});

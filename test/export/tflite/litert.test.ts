/** What writeTflite writes, run by LiteRT: another reader of the file, other kernels. */
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { compile } from '../../../src/compile.js';
import { runReference } from '../../../src/engines/reference.js';
import { openRunner } from '../../../src/engines/run.js';
import { writeTflite } from '../../../src/export/tflite/write.js';
import type { Graph } from '../../../src/graph/graph.js';
import { perTensor } from '../../../src/graph/graph.js';
import { importTflite } from '../../../src/import/tflite/import.js';
import { runFloat } from '../../../src/quantize/float-run.js';
import { realValues } from '../../../src/quantize/pixels.js';
import { quantizeWithSamples } from '../../../src/quantize/post-training.js';
import { loadCifar10 } from '../../../tools/eval/cifar10.js';
import { loadDigits } from '../../../tools/eval/digits.js';
import { int8Pixels, spread } from '../../../tools/eval/sample.js';
import { fixture, withFixtures } from '../../fixtures.js';
import { bytesFor, INPUT, network } from '../../quantize/networks.js';
import { openLiteRt } from './litert.js';

const SAMPLES = 1000;
/** Of the samples, whose layers are compared one by one. */
const LAYER_SAMPLES = 20;

const builtIn = (name: string): Graph =>
  importTflite(new Uint8Array(readFileSync(new URL(`../../../src/models/${name}.tflite`, import.meta.url))), name);

const int8 = (bytes: Uint8Array) => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
const top = (bytes: Uint8Array) => int8(bytes).indexOf(Math.max(...int8(bytes)));
const furthest = (a: Uint8Array, b: Uint8Array) =>
  int8(a).reduce((most, value, i) => Math.max(most, Math.abs(value - int8(b)[i])), 0);

/** The graph with one operator alone: reads what the whole graph gives it. */
function alone(graph: Graph, index: number): Graph {
  const operator = graph.operators[index];
  const inputs = operator.inputs.filter((tensor) => tensor >= 0 && !graph.tensors[tensor].data);
  return { ...graph, operators: [{ ...operator, index: 0 }], inputs: [...new Set(inputs)], outputs: operator.outputs };
}

/** Every layer, given the same input, within 1. */
async function layersAgree(t: ExecutionContext, graph: Graph, inputs: readonly Uint8Array[]): Promise<void> {
  const values = inputs.map((input) => {
    const tensors = new Map([[graph.inputs[0], input]]);
    const afterOperator = (index: number, outputs: Uint8Array[]) =>
      tensors.set(graph.operators[index].outputs[0], outputs[0].slice());
    runReference(graph, [input], { afterOperator });
    return tensors;
  });
  for (const { index, op, outputs } of graph.operators) {
    const layer = alone(graph, index);
    const run = await openLiteRt(writeTflite(layer));
    for (const tensors of values) {
      const [theirs] = (await run(layer.inputs.map((tensor) => tensors.get(tensor)!))).values();
      const off = furthest(theirs, tensors.get(outputs[0])!);
      t.true(off <= 1, `operator ${index} (${op}) is off by ${off}`);
    }
  }
}

/**
 * Part of the samples that must be answered alike. LiteRT rounds once, as `--rounding single` does. Rounding twice, as
 * TFLite Micro does, gives other bytes here and there, and another answer where two scores are nearly equal.
 */
const LEAST = { single: 0.995, double: 0.99 };

async function answersAgree(t: ExecutionContext, graph: Graph, inputs: readonly Uint8Array[]): Promise<void> {
  t.is(inputs.length, SAMPLES);
  const run = await openLiteRt(writeTflite(graph));
  const name = graph.tensors[graph.outputs[0]].name;
  const theirs: number[] = [];
  for (const input of inputs) theirs.push(top((await run([input])).get(name)!));
  for (const rounding of ['single', 'double'] as const) {
    const ours = openRunner(graph, compile(graph, { rounding }), 'node');
    const same = inputs.filter((input, i) => top(ours.run([input])[0]) === theirs[i]).length;
    t.log(`rounding ${rounding}: ${same} of ${inputs.length} answers are the same`);
    t.true(same >= LEAST[rounding] * inputs.length, `rounding ${rounding}: ${same}`);
  }
}

for (const name of ['digits', 'digits-mini']) {
  test(`${name}: LiteRT gives every layer within 1, and the same answers`, async (t) => {
    const graph = builtIn(name);
    const inputs = spread(loadDigits(['heldOut']), SAMPLES).map(int8Pixels);
    await layersAgree(t, graph, spread(inputs, LAYER_SAMPLES));
    await answersAgree(t, graph, inputs);
  });
}

withFixtures(test, 'cifar10: LiteRT gives every layer within 1, and the same answers', async (t: ExecutionContext) => {
  const archive = fixture('datasets', 'cifar10-jpg.tar.gz');
  const samples = await loadCifar10(archive, 'test', (entries) => spread(entries, SAMPLES));
  const inputs = samples.map(int8Pixels);
  await layersAgree(t, builtIn('cifar10'), spread(inputs, LAYER_SAMPLES));
  await answersAgree(t, builtIn('cifar10'), inputs);
});

test('random networks, quantised and written: LiteRT computes what the float network does, but for the noise', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 20 }),
      fc.constantFrom('Relu', 'Clip'),
      async (seed, activation) => {
        const float = network(activation as 'Relu' | 'Clip', seed);
        const records = bytesFor(float, 16, seed);
        const { graph } = quantizeWithSamples(float, records, [INPUT]);
        const run = await openLiteRt(writeTflite(graph));
        const output = graph.tensors[graph.outputs[0]];
        let [signal, noise] = [0, 0];
        for (const [bytes] of records) {
          const [theirs] = (await run([bytes])).values();
          const real = runFloat(float, [realValues(bytes, INPUT)])[float.outputs[0]];
          for (const [i, value] of realValues(theirs, perTensor(output)).entries()) {
            signal += real[i] ** 2;
            noise += (value - real[i]) ** 2;
          }
        }
        t.true(10 * Math.log10(signal / noise) > 20, `seed ${seed}: ${10 * Math.log10(signal / noise)} dB`);
      },
    ),
    { numRuns: 25 },
  );
});

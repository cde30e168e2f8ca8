import test from 'ava';
import fc from 'fast-check';
import type { Graph } from '../../src/graph/graph.js';
import { equalize } from '../../src/quantize/equalize.js';
import { runFloat } from '../../src/quantize/float-run.js';
import { realValues } from '../../src/quantize/pixels.js';
import { quantizeWithSamples } from '../../src/quantize/post-training.js';
import { bytesFor, INPUT, network } from './networks.js';

const samplesFor = (graph: Graph, count: number, seed: number) =>
  bytesFor(graph, count, seed).map((record) => record.map((bytes) => realValues(bytes, INPUT)));
const scores = (graph: Graph, sample: Float32Array[]) => runFloat(graph, sample)[graph.outputs[0]];

/** Largest value of each channel of a tensor over samples. */
function peaks(graph: Graph, tensor: number, samples: Float32Array[][]): number[] {
  const channels = graph.tensors[tensor].shape.at(-1)!;
  const largest = Array<number>(channels).fill(0);
  for (const sample of samples) {
    runFloat(graph, sample)[tensor].forEach((value, i) => {
      largest[i % channels] = Math.max(largest[i % channels], value);
    });
  }
  return largest;
}

function same(a: Float32Array, b: Float32Array): boolean {
  const size = Math.max(...a.map(Math.abs), 1);
  return a.every((value, i) => Math.abs(value - b[i]) <= 1e-5 * size);
}

test('with ReLU the function stays the same everywhere', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 20 }), (seed) => {
      const graph = network('Relu', seed);
      const equal = equalize(graph, samplesFor(graph, 4, seed));
      for (const sample of samplesFor(graph, 4, seed + 1)) t.true(same(scores(graph, sample), scores(equal, sample)));
    }),
    { numRuns: 100 },
  );
});

test('with ReLU6 it stays the same on the samples', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 20 }), (seed) => {
      const graph = network('Clip', seed);
      const samples = samplesFor(graph, 4, seed);
      const equal = equalize(graph, samples);
      for (const sample of samples) t.true(same(scores(graph, sample), scores(equal, sample)));
    }),
    { numRuns: 100 },
  );
});

test('before a depthwise layer all channels that are not dead reach the same peak', (t) => {
  const graph = network('Clip', 5);
  const samples = samplesFor(graph, 8, 5);
  const tensor = graph.operators[0].outputs[0];
  const [before, after] = [peaks(graph, tensor, samples), peaks(equalize(graph, samples), tensor, samples)];
  const top = Math.max(...before);
  t.true(before.some((peak) => peak > 0 && peak < top / 2));
  after.forEach((peak, c) => {
    if (before[c] > 0) t.true(Math.abs(peak - top) < 1e-4);
  });
});

test('uneven channels: there is less noise in the int8 scores', (t) => {
  const noise = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
    const graph = network('Relu', 100 * seed);
    const records = bytesFor(graph, 32, seed);
    const run = (on: boolean) =>
      quantizeWithSamples(graph, records, [INPUT], { ranges: 'minmax', equalize: on, correctBias: false }).layers.at(
        -1,
      )!.sqnr;
    return run(true) - run(false);
  });
  const mean = noise.reduce((a, b) => a + b, 0) / noise.length;
  t.true(mean > 0.5, `${noise.map((gain) => gain.toFixed(1))} dB`);
});

test('weights that two layers share are left alone', (t) => {
  const graph = network('Relu', 9);
  const [first] = graph.operators;
  const again = { ...first, index: graph.operators.length, outputs: [graph.tensors.length] };
  const output = { ...graph.tensors[first.outputs[0]], index: graph.tensors.length };
  const shared = {
    ...graph,
    tensors: [...graph.tensors, output],
    operators: [...graph.operators, again],
    outputs: [...graph.outputs, output.index],
  };
  const equal = equalize(shared, samplesFor(graph, 2, 1));
  t.is(equal.tensors[first.inputs[1]], shared.tensors[first.inputs[1]]);
});

import { createHash } from 'node:crypto';
import test from 'ava';
import { graphCost } from '../../src/analysis/cost.js';
import { validateGraph } from '../../src/analysis/validate.js';
import { runReference } from '../../src/engines/reference.js';
import type { Graph } from '../../src/graph/graph.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { mobileNetCost } from '../../src/mobilenet/cost.js';
import { normal, random16 } from '../../src/mobilenet/random.js';
import { parseSpec } from '../../src/mobilenet/topology.js';

const SMALL = 'mobilenet:{"alpha":0.25,"input":[32,32,3],"classes":10,"stemStride":1}';
const GREY = 'mobilenet:0.25@48x48x1,2';
const OWN = 'mobilenet:{"alpha":0.5,"input":[17,23,3],"classes":4,"depth":[[40,1],[64,2]],"stemStride":1}';
const SPECS = [SMALL, GREY, OWN];

const build = (spec: string, seed?: number): Graph => buildMobileNet(parseSpec(spec), seed);

/** A smooth picture and a noisy one, as pixel - 128. */
function picture(graph: Graph, kind: 'smooth' | 'noise'): Uint8Array {
  const [, height, width, channels] = graph.tensors[graph.inputs[0]].shape;
  const next = random16(7);
  return Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const smooth = 128 + 100 * Math.sin((pixel % width) / 9 + Math.floor(pixel / width) / 13 + (i % channels));
    return (kind === 'smooth' ? smooth : next()) ^ 128;
  });
}

for (const spec of SPECS) {
  test(`${spec}: valid, and costs what the cost model says`, (t) => {
    const graph = validateGraph(build(spec));
    const { macs, params } = mobileNetCost(parseSpec(spec));
    t.is(graphCost(graph).macs, macs);
    t.is(graphCost(graph).weightBytes, params);
    t.true(graph.randomWeights);
    t.deepEqual(parseSpec(graph.name), parseSpec(spec));
  });

  test(`${spec}: every layer has a healthy spread, and outputs tell inputs apart`, (t) => {
    for (const seed of [0, 1, 2]) {
      const graph = build(spec, seed);
      const outputs = (['smooth', 'noise'] as const).map((kind) => {
        const [output] = runReference(graph, [picture(graph, kind)], {
          afterOperator: (index, [bytes]) => {
            const { name } = graph.tensors[graph.operators[index].outputs[0]];
            if (name === 'softmax' || name === 'fc') return;
            const counts = new Map<number, number>();
            for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1);
            const share = Math.max(...counts.values()) / bytes.length;
            t.true(share <= 0.95, `seed ${seed}, ${kind}, ${name}: ${share} at one value`);
            t.true((counts.get(127) ?? 0) / bytes.length <= 0.25, `seed ${seed}, ${kind}, ${name} saturates`);
          },
        });
        return output;
      });
      t.notDeepEqual(outputs[0], outputs[1], `seed ${seed}`);
    }
  });
}

test('operators and names', (t) => {
  const graph = build(GREY);
  const names = graph.operators.map(({ op, outputs }) => `${op} ${graph.tensors[outputs[0]].name}`);
  t.is(names.length, 27 + 4);
  t.deepEqual(names.slice(0, 3), ['CONV_2D conv0', 'DEPTHWISE_CONV_2D dw1', 'CONV_2D pw1']);
  t.deepEqual(names.slice(-5), [
    'CONV_2D pw13',
    'AVERAGE_POOL_2D pool',
    'RESHAPE flatten',
    'FULLY_CONNECTED fc',
    'SOFTMAX softmax',
  ]);
  t.deepEqual(graph.tensors[graph.outputs[0]].shape, [1, 2]);
});

test('convolutions have one scale per output channel and use the whole range of int8', (t) => {
  const { tensors } = build(SMALL);
  for (const name of ['conv0/weights', 'dw1/weights', 'pw1/weights']) {
    const { data, quantization, shape } = tensors.find((tensor) => tensor.name === name)!;
    t.is(quantization!.scale.length, shape[quantization!.axis], name);
    t.is(new Set(quantization!.scale).size, quantization!.scale.length, name);
    t.is(Math.max(...data!.map(Math.abs)), 127, name);
  }
});

test('a seed gives the same network everywhere, another seed another one', (t) => {
  const digest = (seed?: number): string => {
    const hash = createHash('sha256');
    for (const { data, quantization } of build(OWN, seed).tensors) {
      if (data) hash.update(new Uint8Array(data.buffer)).update(Float64Array.from(quantization!.scale));
    }
    return hash.digest('hex').slice(0, 16);
  };
  t.is(digest(), '0ffdf881fd0d424d');
  t.is(digest(0), digest());
  t.not(digest(1), digest());
});

test('random numbers: mean 0, variance 1, and other ones for neighbouring seeds', (t) => {
  for (const seed of [0, 1, 12345, 2 ** 31]) {
    const next = random16(seed);
    const values = Array.from({ length: 20000 }, () => normal(next));
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
    t.true(Math.abs(mean) < 0.03, `mean ${mean}`);
    t.true(Math.abs(variance - 1) < 0.03, `variance ${variance}`);
  }
  const first = (seed: number) => Array.from({ length: 4 }, random16(seed));
  t.notDeepEqual(first(0), first(1));
  // The one seed whose product is 0, where xorshift would stay at 0 for ever.
  t.true(first(2 ** 32 - 1).some((value) => value > 0));
});

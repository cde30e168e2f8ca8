/** Dead channels of float models that nobody has calibrated: src/compile/dead-channels-uncalibrated.ts. */
import test from 'ava';
import fc from 'fast-check';
import { eliminateDeadChannels } from '../../src/compile/dead-channels.js';
import { runReference } from '../../src/engines/reference.js';
import type { Graph } from '../../src/graph/graph.js';
import { importOnnx } from '../../src/import/onnx/import.js';
import { quantizeGraph } from '../../src/quantize/quantize.js';
import { quantizeUncalibrated } from '../../src/quantize/uncalibrated.js';
import { type Random, seededRandom } from '../graph/builder.js';
import { randomValues } from '../import/onnx/blocks.js';
import { buildOnnx, type Constant, type NodeSpec } from '../import/onnx/build.js';
import { bytesFor } from '../quantize/networks.js';

type Layers = Record<'stem' | 'depthwise' | 'pointwise' | 'beside' | 'classes', { weights: Constant; bias: Constant }>;

const CHANNELS = 6;
const SHAPES: Record<keyof Layers, number[]> = {
  stem: [CHANNELS, 2, 3, 3],
  depthwise: [CHANNELS, 1, 3, 3],
  pointwise: [CHANNELS, CHANNELS, 1, 1],
  beside: [CHANNELS, CHANNELS, 1, 1],
  classes: [3, 2 * CHANNELS],
};

/** A padded convolution and depthwise layer, two pointwise ones, concatenated or added, mean, scores; `change` edits layers. */
function float(change: (layers: Layers) => void, joined = true, seed = 1): Graph {
  const layers = {} as Layers;
  for (const [i, [name, shape]] of Object.entries(SHAPES).entries()) {
    const count = shape.reduce((a, b) => a * b);
    layers[name as keyof Layers] = {
      weights: { shape: [...shape], data: randomValues(count, 10 * seed + i) },
      bias: { shape: [shape[0]], data: randomValues(shape[0], 10 * seed + 5 + i) },
    };
  }
  if (!joined) layers.classes.weights = { shape: [3, CHANNELS], data: randomValues(3 * CHANNELS, seed) };
  change(layers);
  const conv = (name: keyof Layers, from: string, attributes: NodeSpec['attributes'] = {}): NodeSpec[] => [
    { op: 'Conv', inputs: [from, `${name}.w`, `${name}.b`], outputs: [`${name}.sum`], attributes },
    { op: 'Relu', inputs: [`${name}.sum`], outputs: [name] },
  ];
  const nodes: NodeSpec[] = [
    ...conv('stem', 'x', { pads: [1, 1, 1, 1] }),
    ...conv('depthwise', 'stem', { pads: [1, 1, 1, 1], group: CHANNELS }),
    ...conv('pointwise', 'depthwise'),
    ...conv('beside', 'depthwise'),
    { op: joined ? 'Concat' : 'Add', inputs: ['pointwise', 'beside'], outputs: ['both'], attributes: { axis: 1 } },
    { op: 'GlobalAveragePool', inputs: ['both'], outputs: ['mean'] },
    { op: 'Flatten', inputs: ['mean'], outputs: ['flat'] },
    { op: 'Gemm', inputs: ['flat', 'classes.w', 'classes.b'], outputs: ['y'], attributes: { transB: 1 } },
  ];
  const constants: Record<string, Constant> = {};
  for (const [name, { weights, bias }] of Object.entries(layers)) {
    constants[`${name}.w`] = weights;
    constants[`${name}.b`] = bias;
  }
  return importOnnx(buildOnnx({ nodes, constants, inputs: { x: [1, 2, 5, 5] }, outputs: ['y'] }), 'float');
}

/** The layer's output `channel` is 0 before its bias. */
const silence = ({ weights, bias }: Layers[keyof Layers], channel: number, to: number) => {
  const row = weights.data.length / weights.shape[0];
  (weights.data as Float32Array).fill(0, channel * row, (channel + 1) * row);
  (bias.data as Float32Array)[channel] = to;
};

const removed = (graph: Graph) => eliminateDeadChannels(graph).report.layers.map(({ before, after }) => before - after);

test('a constant that only the ranges of random inputs round to 0 stays', (t) => {
  const graph = quantizeUncalibrated(float(({ stem }) => silence(stem, 2, 1e-4)));
  t.deepEqual(removed({ ...graph, uncalibrated: undefined }), [1, 1, 0, 0, 0]);
  t.deepEqual(removed(graph), [0, 0, 0, 0, 0]);
});

test('a channel whose weights only a large bias rounds to 0 stays', (t) => {
  const graph = quantizeUncalibrated(
    float(({ beside }) => {
      (beside.bias.data as Float32Array)[2] = -1e8;
    }),
  );
  t.deepEqual(removed({ ...graph, uncalibrated: undefined }), [0, 0, 0, 1, 0]);
  t.deepEqual(removed(graph), [0, 0, 0, 0, 0]);
});

test('a channel whose weights are 0 goes with all that follows from it, where its bias makes it 0', (t) => {
  const graph = (bias: number) =>
    quantizeUncalibrated(
      float(({ stem, depthwise }) => {
        silence(stem, 2, bias);
        (depthwise.bias.data as Float32Array)[2] = 0;
      }),
    );
  t.deepEqual(removed(graph(-3)), [1, 1, 0, 0, 0]);
  t.deepEqual(removed(graph(0)), [1, 1, 0, 0, 0]);
  t.deepEqual(removed(graph(3)), [0, 0, 0, 0, 0]);
});

test('a channel that nobody has a weight for goes', (t) => {
  const graph = quantizeUncalibrated(
    float(({ classes }) => {
      for (let o = 0; o < 3; o++) (classes.weights.data as Float32Array)[o * 2 * CHANNELS + 4] = 0;
    }),
  );
  t.deepEqual(removed(graph), [0, 0, 1, 0, 0]);
});

/** Rows and single inputs of zeros, biases of 0, just beside it and far off. */
function thin(layers: Layers, random: Random): void {
  for (const [name, layer] of Object.entries(layers)) {
    const [outputs, inputs] = layer.weights.shape;
    const data = layer.weights.data as Float32Array;
    if (name !== 'classes') {
      for (let o = 0; o < outputs; o++) {
        const fate = random();
        if (fate < 0.3) silence(layer, o, [0, -1, 5e-3, 2, -1e4][Math.floor(5 * random())]);
        else if (fate < 0.5) (layer.bias.data as Float32Array)[o] = [0, -50, 1e6][Math.floor(3 * random())];
      }
    }
    if (name === 'depthwise' || name === 'stem') continue;
    for (let c = 0; c < inputs; c++) {
      if (random() < 0.3) for (let o = 0; o < outputs; o++) data[o * inputs + c] = 0;
    }
  }
}

test('what goes before calibration goes after any calibration, and every byte stays', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 30 }), fc.boolean(), (seed, joined) => {
      const random = seededRandom(seed);
      const real = float((layers) => thin(layers, random), joined, seed % 1000);
      const graph = quantizeUncalibrated(real);
      const uncalibrated = eliminateDeadChannels(graph);
      const [input] = bytesFor(graph, 1, seed);
      t.deepEqual(runReference(uncalibrated.graph, input), runReference(graph, input));
      for (let calibration = 0; calibration < 4; calibration++) {
        const ranges = real.tensors.map(() => ({ low: -(10 ** (5 * random() - 2)), high: 10 ** (5 * random() - 2) }));
        const map = { scale: Math.fround(10 ** (4 * random() - 4)), zeroPoint: Math.floor(200 * random()) - 100 };
        const calibrated = eliminateDeadChannels(quantizeGraph(real, ranges, [map]));
        for (const [i, layer] of calibrated.report.layers.entries()) {
          t.true(layer.after <= uncalibrated.report.layers[i].after, `${layer.name}: ${layer.after}`);
        }
      }
    }),
    { numRuns: 200 },
  );
});

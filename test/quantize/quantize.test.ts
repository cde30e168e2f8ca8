import test from 'ava';
import fc from 'fast-check';
import { runReference } from '../../src/engines/reference.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import type { Graph } from '../../src/graph/graph.js';
import { elements, perTensor } from '../../src/graph/graph.js';
import { importOnnx } from '../../src/import/onnx/import.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { affine } from '../../src/quantize/affine.js';
import { calibrate } from '../../src/quantize/calibrate.js';
import { runFloat } from '../../src/quantize/float-run.js';
import { parsePixelRange, pixelMap, realValues } from '../../src/quantize/pixels.js';
import { quantizeWithSamples } from '../../src/quantize/post-training.js';
import { quantizeGraph } from '../../src/quantize/quantize.js';
import { quantizeWeights } from '../../src/quantize/weights.js';
import { block, blockModel, randomValues } from '../import/onnx/blocks.js';
import { buildOnnx, type NodeSpec } from '../import/onnx/build.js';

const finite = (max: number) => fc.double({ min: 0, max, noNaN: true });
const INPUT = { scale: Math.fround(1 / 64), zeroPoint: -3 };

/** int8 bytes that stand for themselves: no error comes from the input. */
function randomBytes(count: number, seed: number): Uint8Array {
  return Uint8Array.from(randomValues(count, seed), (value) => Math.floor(value * 128));
}

/** Samples of the first input, as bytes. */
function samplesOf(graph: Graph, count: number, seed: number): Uint8Array[][] {
  const size = elements(graph.tensors[graph.inputs[0]].shape);
  return Array.from({ length: count }, (_, i) => [randomBytes(size, seed + 977 * i)]);
}

test('an activation map holds 0 exactly and both ends within a step', (t) => {
  fc.assert(
    fc.property(finite(1e6), finite(1e6), (below, above) => {
      const { scale, zeroPoint } = affine({ low: -below, high: above });
      t.true(Number.isInteger(zeroPoint) && zeroPoint >= -128 && zeroPoint <= 127);
      t.is(scale, Math.fround(scale));
      t.true(scale > 0);
      t.true(scale * (-128 - zeroPoint) <= -below + scale);
      t.true(scale * (127 - zeroPoint) >= above - scale);
    }),
  );
});

test('weights are off by half a step at most, per channel, and never -128', (t) => {
  const channel = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(channel, { minLength: 1, maxLength: 5 }), fc.boolean(), (channels, perChannel) => {
      const weights = Float32Array.from(channels.flat());
      const bias = Float32Array.from(channels, ([first]) => first);
      const q = quantizeWeights(weights, bias, (i) => Math.floor(i / 4), INPUT.scale, perChannel);
      t.is(q.scale.length, perChannel ? channels.length : 1);
      const scaleOf = (c: number) => q.scale[perChannel ? c : 0];
      q.weights.forEach((value, i) => {
        const scale = scaleOf(Math.floor(i / 4));
        t.true(Math.abs(value) <= 127);
        t.true(Math.abs(scale * value - weights[i]) <= scale * 0.5001);
      });
      q.bias.forEach((value, c) => {
        const scale = scaleOf(c) * INPUT.scale;
        t.true(Math.abs(scale * value - bias[c]) <= scale * 0.5001);
      });
    }),
  );
});

test('a channel without weights keeps its bias', (t) => {
  const q = quantizeWeights(new Float32Array(2), Float32Array.of(1e3, 0), (i) => i, 1 / 255, true);
  t.true(Math.abs(q.scale[0] * (1 / 255) * q.bias[0] - 1e3) < 1e-3);
  t.true(q.scale.every((scale) => scale > 0));
});

test('an int8 convolution stays within the sum of its rounding errors', (t) => {
  fc.assert(
    fc.property(block, (b) => {
      const graph = importOnnx(buildOnnx(blockModel(b)), 'block');
      const records = samplesOf(graph, 3, b.seed);
      const samples = records.map(([bytes]) => [realValues(bytes, INPUT)]);
      const quantized = quantizeGraph(graph, calibrate(graph, samples), [INPUT]);
      const conv = quantized.operators.at(-1)!;
      const [weights, output] = [quantized.tensors[conv.inputs[1]], quantized.tensors[conv.outputs[0]]];
      const taps = (b.depthwise ? 1 : b.channels) * b.kernel[0] * b.kernel[1];
      for (const [i, [bytes]] of records.entries()) {
        const largest = samples[i][0].reduce((a, x) => Math.max(a, Math.abs(x)), 0);
        const real = runFloat(graph, samples[i])[graph.outputs[0]];
        for (const [k, value] of realValues(runReference(quantized, [bytes])[0], perTensor(output)).entries()) {
          const scale = weights.quantization!.scale[k % b.outputs];
          const bound = (scale / 2) * (taps * largest + INPUT.scale) + 1.01 * perTensor(output).scale;
          t.true(Math.abs(value - real[k]) <= bound + 1e-4, `${value} for ${real[k]}, allowed ${bound}`);
        }
      }
    }),
    { numRuns: 200 },
  );
});

/** Convolution, ReLU6, mean, fully connected, softmax. */
function smallNetwork(): Graph {
  const nodes: NodeSpec[] = [
    { op: 'Conv', inputs: ['x', 'w0'], outputs: ['a'], attributes: { pads: [1, 1, 1, 1], strides: [2, 2] } },
    { op: 'Clip', inputs: ['a', 'low', 'high'], outputs: ['b'] },
    { op: 'GlobalAveragePool', inputs: ['b'], outputs: ['c'] },
    { op: 'Flatten', inputs: ['c'], outputs: ['d'] },
    { op: 'Gemm', inputs: ['d', 'w1'], outputs: ['e'], attributes: { transB: 1 } },
    { op: 'Softmax', inputs: ['e'], outputs: ['y'] },
  ];
  const constants = {
    w0: { shape: [6, 2, 3, 3], data: randomValues(108, 1) },
    w1: { shape: [4, 6], data: randomValues(24, 2) },
    low: { shape: [], data: Float32Array.of(0) },
    high: { shape: [], data: Float32Array.of(6) },
  };
  return importOnnx(buildOnnx({ nodes, constants, inputs: { x: [1, 2, 8, 8] }, outputs: ['y'] }), 'small');
}

test('a whole network: noise is low, softmax has the scale of probabilities, the file reads back the same', (t) => {
  const graph = smallNetwork();
  const { graph: quantized, layers } = quantizeWithSamples(graph, samplesOf(graph, 16, 5), [INPUT]);
  t.deepEqual(
    layers.map(({ op }) => op),
    ['PAD', 'CONV_2D', 'MEAN', 'RESHAPE', 'FULLY_CONNECTED', 'SOFTMAX'],
  );
  t.is(layers[0].sqnr, Infinity);
  for (const { sqnr, name } of layers) t.true(sqnr > 25, `${name}: ${sqnr} dB`);
  t.deepEqual(perTensor(quantized.tensors[quantized.outputs[0]]), { scale: 1 / 256, zeroPoint: -128 });
  t.deepEqual(perTensor(quantized.tensors[quantized.inputs[0]]), INPUT);
  const bytes = writeTflite(quantized);
  const again = importTflite(bytes, 'small');
  for (const record of samplesOf(graph, 4, 99))
    t.deepEqual(runReference(again, record), runReference(quantized, record));
});

test('coarser weights are heard: the noise figure falls', (t) => {
  const graph = smallNetwork();
  const records = samplesOf(graph, 8, 5);
  const noise = (float: Graph) => quantizeWithSamples(float, records, [INPUT]).layers.at(-2)!.sqnr;
  const outlier = structuredClone(graph) as Graph;
  const fullyConnected = outlier.operators.find(({ op }) => op === 'FULLY_CONNECTED')!;
  outlier.tensors[fullyConnected.inputs[1]].data![0] = 50;
  outlier.tensors[fullyConnected.inputs[2]].data![0] = -50;
  t.true(noise(outlier) < noise(graph) - 3);
});

test('without samples, and where the float model overflows, there is a word about it', (t) => {
  const graph = smallNetwork();
  t.throws(() => calibrate(graph, []), { code: 'INPUT_SIZE' });
  t.throws(() => calibrate(graph, [[new Float32Array(3)]]), { code: 'INPUT_SIZE' });
  t.throws(() => calibrate(graph, [[new Float32Array(128).fill(NaN)]]), { code: 'MODEL_INVALID' });
});

test('pixels: int8 is pixel - 128, and 0 to 1 means pixel / 255', (t) => {
  const map = pixelMap(parsePixelRange('0,1'));
  t.deepEqual(map, { scale: Math.fround(1 / 255), zeroPoint: -128 });
  const pixels = Uint8Array.from({ length: 256 }, (_, i) => i);
  realValues(
    pixels.map((pixel) => pixel - 128),
    map,
  ).forEach((real, pixel) => {
    t.true(Math.abs(real - pixel / 255) < 1e-6);
  });
  t.deepEqual(pixelMap(parsePixelRange('-1,0.9921875')), { scale: 1 / 128, zeroPoint: 0 });
  for (const text of ['1', '1,0', 'a,b', '0,1,2', '0,0']) t.throws(() => parsePixelRange(text), { code: 'USAGE' });
  t.throws(() => pixelMap(parsePixelRange('1,2')), { code: 'USAGE' });
});

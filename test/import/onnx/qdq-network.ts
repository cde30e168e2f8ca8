/** A random network, quantised by its own scales in every way that exporters do it. */
import { translateOnnx } from '../../../src/import/onnx/import.js';
import { affine } from '../../../src/quantize/affine.js';
import { calibrate } from '../../../src/quantize/calibrate.js';
import { randomValues, toNhwc } from './blocks.js';
import { buildOnnx, type Constant, type ModelSpec, type NodeSpec } from './build.js';
import { biasIntegers, type Integers, integers, withPairs } from './qdq.js';

/**
 * A residual block, a concatenation, a padded pool, a mean, a layer and what ends it, with real weights. The first two layers
 * end in Relu, or in integers that begin at 0, as quantize_static leaves it to them.
 */
function network(seed: number, end: 'Sigmoid' | 'Softmax' | 'none', relu: boolean): ModelSpec {
  const weights = (shape: number[], part: number): Constant => {
    const size = shape.reduce((a, b) => a * b);
    const fanIn = size / shape[0];
    return { shape, data: randomValues(size, seed + part).map((value) => (1.5 * value) / Math.sqrt(fanIn)) };
  };
  const same = { pads: [1, 1, 1, 1] };
  const pool = { kernel_shape: [3, 3], strides: [2, 2], ...same };
  const conv = (n: number, from: string, attributes: NodeSpec['attributes']): NodeSpec[] => {
    const output = relu && n < 2 ? `v${n}` : `c${n}`;
    const layer = { op: 'Conv', inputs: [from, `w${n}`, `b${n}`], outputs: [output], attributes };
    return output === `c${n}` ? [layer] : [layer, { op: 'Relu', inputs: [output], outputs: [`c${n}`] }];
  };
  const last = end === 'none' ? 'y' : 'g';
  return {
    nodes: [
      ...conv(0, 'x', { ...same, strides: [2, 2] }),
      { op: 'MaxPool', inputs: ['c0'], outputs: ['p'], attributes: pool },
      ...conv(1, 'p', { ...same, group: 6 }),
      ...conv(2, 'c1', {}),
      { op: 'Add', inputs: ['c2', 'p'], outputs: ['s'] },
      { op: 'Relu', inputs: ['s'], outputs: ['r'] },
      { op: 'Concat', inputs: ['r', 'c1', 'p'], outputs: ['k'], attributes: { axis: 1 } },
      { op: 'GlobalAveragePool', inputs: ['k'], outputs: ['m'] },
      { op: 'Flatten', inputs: ['m'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'w3', 'b3'], outputs: [last], attributes: { transB: 1 } },
      ...(end === 'none' ? [] : [{ op: end, inputs: ['g'], outputs: ['y'] }]),
    ],
    constants: Object.fromEntries(
      [
        [6, 2, 3, 3],
        [6, 1, 3, 3],
        [6, 6, 1, 1],
        [4, 18],
      ].flatMap((shape, n) => [
        [`w${n}`, weights(shape, n)],
        [`b${n}`, { shape: [shape[0]], data: randomValues(shape[0], seed + 31 * n).map((value) => value / 4) }],
      ]),
    ),
    inputs: { x: [1, 2, 12, 12] },
    outputs: ['y'],
  };
}

export interface Kind {
  activations: 'int8' | 'uint8';
  weights: 'int8' | 'uint8';
  perChannel: boolean;
  end: 'Sigmoid' | 'Softmax' | 'none';
}

/** Values of its input. */
const SIZE = 2 * 12 * 12;

/** As quantize_static does it: ranges from samples; what copies values has the scale of its input. */
export function quantisedNetwork(seed: number, kind: Kind): ModelSpec {
  const spec = network(seed, kind.end, false);
  const float = translateOnnx(buildOnnx(network(seed, kind.end, true)), 'network');
  const samples = [1, 2, 3].map((part) => [toNhwc(randomValues(SIZE, seed + 99 * part), 2)]);
  const ranges = calibrate(float, samples);
  const maps = Object.fromEntries(
    float.tensors
      .filter(({ data, name }) => !data && name in { x: 0, c0: 0, c1: 0, c2: 0, s: 0, r: 0, k: 0, m: 0, g: 0, y: 0 })
      .map(({ name, index }) => [name, affine(ranges[index])]),
  );
  const shared = { p: maps.c0, f: maps.m };
  if (kind.end !== 'none') maps.y = { scale: 1 / 256, zeroPoint: -128 };
  const constants: Record<string, Integers> = {};
  for (const [n, from] of ['x', 'p', 'c1', 'f'].entries()) {
    const perChannel = kind.perChannel && n < 3;
    constants[`w${n}`] = integers(spec.constants![`w${n}`], kind.weights, perChannel);
    constants[`b${n}`] = biasIntegers(spec.constants![`b${n}`], { ...maps, ...shared }[from]!, constants[`w${n}`]);
  }
  return withPairs(spec, { maps: { ...maps, ...shared }, activations: kind.activations, constants });
}

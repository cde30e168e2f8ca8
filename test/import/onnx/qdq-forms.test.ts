/** Quantised .onnx files as PyTorch writes them, in part quantised, and those that are refused. */
import test, { type ExecutionContext } from 'ava';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { isScaled } from '../../../src/quantize/own-scales.js';
import { quantizeAsScaled, quantizeUncalibrated } from '../../../src/quantize/uncalibrated.js';
import { readFixture, withFixtures } from '../../fixtures.js';
import { randomValues } from './blocks.js';
import { buildOnnx, type Constant, type ModelSpec, type NodeSpec } from './build.js';
import { besideOnnxRuntime } from './qdq-peer.js';

const floats = (...data: number[]): Constant => ({ shape: [data.length], data: Float32Array.from(data) });
const scalar = (value: number): Constant => ({ shape: [], data: Float32Array.of(value) });
const random = (shape: number[], seed: number): Constant => ({
  shape,
  data: randomValues(
    shape.reduce((a, b) => a * b),
    seed,
  ),
});
const node = (op: string, inputs: string[], output: string, attributes?: NodeSpec['attributes']): NodeSpec => ({
  op,
  inputs,
  outputs: [output],
  attributes,
});
/** A quantised tensor: `from` becomes `to`, by the scale `s` and the zero point `z` of constants. */
const pair = (from: string, to: string, s: string, z: string): NodeSpec[] => [
  node('QuantizeLinear', [from, s, z], `${to}_q`),
  node('DequantizeLinear', [`${to}_q`, s, z], to),
];
const U = (value: number): Constant => ({ shape: [], data: Uint8Array.of(value) });

/** What the tests change: a convolution, its activation, a pool. */
const constants: ModelSpec['constants'] = {
  xs: scalar(0.0079),
  xz: U(127),
  ws: floats(0.004, 0.005, 0.006, 0.007),
  wz: { shape: [4], data: Int8Array.of(0, 0, 0, 0) },
  w: { shape: [4, 3, 3, 3], data: Int8Array.from(randomValues(108, 3), (value) => Math.round(value * 127)) },
  wf: { shape: [4, 3, 3, 3], data: randomValues(108, 3).map((value) => value / 2) },
  b: random([4], 4),
  cs: scalar(0.021),
  cz: U(0),
  ms: scalar(0.009),
  mz: U(3),
};
const conv = (weights: string, bias: string, output = 'c') =>
  node('Conv', ['xd', weights, bias], output, { pads: [1, 1, 1, 1] });
const model = (nodes: NodeSpec[], more: ModelSpec['constants'] = {}): ModelSpec => ({
  nodes: [...pair('x', 'xd', 'xs', 'xz'), ...nodes],
  constants: { ...constants, ...more },
  inputs: { x: [1, 3, 6, 6] },
  outputs: ['y'],
});
const dequantized = node('DequantizeLinear', ['w', 'ws', 'wz'], 'wd', { axis: 0 });

/** As torch.onnx writes the int32 bias of a quantised layer: divided by the product of the scales, cut off, multiplied again. */
const computedBias = [
  node('Mul', ['ws', 'xs'], 'bs'),
  node('Shape', ['bs'], 'bShape'),
  node('ConstantOfShape', ['bShape'], 'bz', { value: { shape: [1], data: Int32Array.of(0) } }),
  node('Div', ['b', 'bs'], 'bDivided'),
  node('Cast', ['bDivided'], 'bi', { to: 6 }),
  node('DequantizeLinear', ['bi', 'bs', 'bz'], 'bd', { axis: 0 }),
];

const FORMS: Record<string, ModelSpec> = {
  'Relu in front of QuantizeLinear, a computed bias': model([
    dequantized,
    ...computedBias,
    conv('wd', 'bd'),
    node('Relu', ['c'], 'r'),
    ...pair('r', 'y', 'cs', 'cz'),
  ]),
  'weights quantised by nodes, as fake quantisation leaves them, and a float bias': model([
    node('QuantizeLinear', ['wf', 'ws', 'wz'], 'wi', { axis: 0 }),
    node('DequantizeLinear', ['wi', 'ws', 'wz'], 'wd', { axis: 0 }),
    conv('wd', 'b'),
    ...pair('c', 'y', 'cs', 'mz'),
  ]),
  'Linear as Transpose and MatMul, its scales by channel': model(
    [
      ...[dequantized, conv('wd', 'b'), ...pair('c', 'cd', 'cs', 'cz')],
      ...[node('GlobalAveragePool', ['cd'], 'm'), ...pair('m', 'md', 'ms', 'mz')],
      node('Flatten', ['md'], 'f'),
      node('DequantizeLinear', ['l', 'ls', 'lz'], 'ld', { axis: 0 }),
      node('Transpose', ['ld'], 'lt', { perm: [1, 0] }),
      ...[node('MatMul', ['f', 'lt'], 'g'), node('Add', ['g', 'lb'], 'a'), ...pair('a', 'y', 'ms', 'xz')],
    ],
    {
      l: { shape: [2, 4], data: Int8Array.of(-127, 3, 50, 90, 10, -20, 30, 127) },
      ls: floats(0.01, 0.003),
      lz: { shape: [2], data: Int8Array.of(0, 0) },
      lb: random([2], 9),
    },
  ),
  'pooling on the integers themselves': model([
    ...[dequantized, conv('wd', 'b'), node('QuantizeLinear', ['c', 'cs', 'mz'], 'q')],
    node('MaxPool', ['q'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
    node('DequantizeLinear', ['p', 'cs', 'mz'], 'y'),
  ]),
  'a pool between two scales': model([
    ...[dequantized, conv('wd', 'b'), ...pair('c', 'cd', 'cs', 'mz')],
    node('MaxPool', ['cd'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
    ...pair('p', 'y', 'ms', 'xz'),
  ]),
  'Relu between two scales, and between one': model([
    ...[dequantized, conv('wd', 'b'), ...pair('c', 'cd', 'cs', 'xz')],
    ...[
      node('Relu', ['cd'], 'r'),
      ...pair('r', 'rd', 'cs', 'xz'),
      node('Relu', ['rd'], 'r2'),
      ...pair('r2', 'y', 'ms', 'cz'),
    ],
  ]),
  'probabilities that are read with another scale': model([
    ...[dequantized, conv('wd', 'b'), ...pair('c', 'cd', 'cs', 'mz'), node('Sigmoid', ['cd'], 's')],
    ...[...pair('s', 'sd', 'ms', 'cz'), node('GlobalAveragePool', ['sd'], 'm'), ...pair('m', 'y', 'ms', 'mz')],
  ]),
};

for (const [name, spec] of Object.entries(FORMS)) {
  test(`${name}: within 1 of ONNX Runtime`, async (t) => {
    const { apart } = await besideOnnxRuntime(spec, 5);
    t.true(Math.max(...apart) <= 1, String(apart));
    t.true(apart.filter((value) => value > 0).length <= 0.05 * apart.length, String(apart));
  });
}

test('a Relu between tensors of one scale is the activation of the layer in front of it', (t) => {
  const relu = FORMS['Relu between two scales, and between one'];
  const { operators } = quantizeAsScaled(importOnnx(buildOnnx(relu), 'network'));
  t.deepEqual(
    operators.map(({ op }) => op),
    ['CONV_2D', 'RELU'],
  );
});

withFixtures(
  test,
  'one layer with scales of its own: the others have those of random inputs',
  (t: ExecutionContext) => {
    const float = importOnnx(readFixture('cases', 'qdq.onnx'), 'qdq');
    t.false(isScaled(float));
    const graph = quantizeUncalibrated(float);
    t.truthy(graph.uncalibrated);
    const layer = graph.operators.find(({ op }) => op === 'CONV_2D')!;
    const [input, weights] = layer.inputs.map((index) => graph.tensors[index]);
    t.deepEqual(input.quantization, { scale: [Math.fround(1 / 255)], zeroPoint: [-128], axis: 0 });
    t.is(weights.quantization!.scale.length, 1);
    t.is(Math.max(...weights.data!.map(Math.abs)), 127);
  },
);

test('what no integer layer computes is refused with the node and its tensor', (t) => {
  const wrong: [ModelSpec, RegExp][] = [
    [
      model([dequantized, conv('wd', 'b'), ...pair('c', 'y', 'cs', 'z16')], { z16: { shape: [], data: [0] } }),
      /node 4 \(QuantizeLinear\).*integers of type 7/,
    ],
    [model([dequantized, conv('wd', 'b'), ...pair('c', 'y', 'ws', 'wz')]), /node 4.*activation with 4 scales/],
    [
      model([
        dequantized,
        conv('wd', 'b'),
        node('QuantizeLinear', ['c', 'cs', 'cz'], 'q'),
        node('DequantizeLinear', ['q', 'ms', 'cz'], 'y'),
      ]),
      /node 5 \(DequantizeLinear\), tensor "c".*another scale/,
    ],
    [model([node('DequantizeLinear', ['w', 'ws', 'wz'], 'wd', { block_size: 3 }), conv('wd', 'b', 'y')]), /by block/],
    [
      model(
        [
          node('DequantizeLinear', ['u', 'ws', 'uz'], 'wd', { axis: 0 }),
          conv('wd', 'b'),
          ...pair('c', 'y', 'cs', 'cz'),
        ],
        {
          u: { shape: [4, 3, 3, 3], data: Uint8Array.from({ length: 108 }, (_, i) => i * 2) },
          uz: { shape: [4], data: Uint8Array.of(1, 2, 3, 4) },
        },
      ),
      /4 scales with zero points.*symmetrically/,
    ],
  ];
  for (const [spec, message] of wrong) {
    const error = t.throws(() => quantizeAsScaled(importOnnx(buildOnnx(spec), 'wrong')), { code: 'MODEL_UNSUPPORTED' });
    t.regex(error!.message, message);
  }
  const zero = model([dequantized, conv('wd', 'b'), ...pair('c', 'y', 'zero', 'cz')], { zero: scalar(0) });
  t.throws(() => importOnnx(buildOnnx(zero), 'wrong'), { code: 'MODEL_INVALID', message: /scale 0.*above 0/ });
});

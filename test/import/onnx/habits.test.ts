/**
 * What exporters do in front of, between and behind layers, one model for each habit: our float graph against ONNX Runtime, and the
 * int8 graph against the float one.
 */
import test, { type ExecutionContext } from 'ava';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { quantizeUncalibrated } from '../../../src/quantize/uncalibrated.js';
import { fixture, readFixture, withFixtures } from '../../fixtures.js';
import { agree, follows } from './agree.js';
import { randomValues } from './blocks.js';
import type { Constant, ModelSpec, NodeSpec } from './build.js';

const node = (op: string, inputs: string[], output: string, attributes?: NodeSpec['attributes']): NodeSpec => ({
  op,
  inputs,
  outputs: [output],
  attributes,
});
const floats = (shape: number[], seed: number, size = 1): Constant => ({
  shape,
  data: randomValues(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ).map((value) => size * value),
});
const value = (data: number): Constant => ({ shape: [], data: Float32Array.of(data) });
const ints = (...data: number[]): Constant => ({ shape: [data.length], data });
const positive = (count: number, seed: number): Constant => ({
  shape: [count],
  data: randomValues(count, seed).map((x) => 1.5 + x),
});

const constants: ModelSpec['constants'] = {
  w: floats([4, 3, 3, 3], 2, 0.6),
  w2: floats([4, 4, 3, 3], 3, 0.5),
  depthwise: floats([4, 1, 3, 3], 4),
  b: floats([4], 5),
  gamma: positive(4, 6),
  beta: floats([4], 7),
  mean: floats([4], 8),
  variance: positive(4, 9),
  imageMean: { shape: [1, 3, 1, 1], data: Float32Array.of(0.485, 0.456, 0.406) },
  deviation: { shape: [1, 3, 1, 1], data: Float32Array.of(0.229, 0.224, 0.225) },
  fc: floats([5, 4], 10),
  fcBias: floats([5], 11),
  fc16: floats([16, 5], 12, 0.5),
  squeeze: floats([2, 4, 1, 1], 13),
  excite: floats([4, 2, 1, 1], 14),
  squeezeBias: floats([2], 15),
  zero: value(0),
  one: value(1),
  three: value(3),
  six: value(6),
  c255: value(255),
  c127: value(127.5),
  flat: ints(1, -1),
  rows: ints(0, -1),
  map: ints(1, 4, 1, 1),
  pads: ints(0, 0, 1, 1, 0, 0, 1, 1),
  spatial: ints(2, 3),
  unused: floats([7, 7], 16),
};

/** In this operator set a bound is an attribute or an input, and so are axes and paddings. */
const clip = (opset: number, from: string, to: string): NodeSpec =>
  opset < 11
    ? node('Clip', [from], to, { min: { float: 0 }, max: { float: 6 } })
    : node('Clip', [from, 'zero', 'six'], to);
const meanOfPixels = (opset: number, from: string, to: string, keepdims: number): NodeSpec =>
  opset < 18
    ? node('ReduceMean', [from], to, { axes: [2, 3], keepdims })
    : node('ReduceMean', [from, 'spatial'], to, { keepdims });
const pad = (opset: number, from: string, to: string): NodeSpec =>
  opset < 11
    ? node('Pad', [from], to, { pads: [0, 0, 1, 1, 0, 0, 1, 1] })
    : node('Pad', [from, 'pads', 'zero'], to, { mode: 'constant' });
const batchNorm = (from: string, to: string) =>
  node('BatchNormalization', [from, 'gamma', 'beta', 'mean', 'variance'], to);

const conv = node('Conv', ['x', 'w', 'b'], 'c', { pads: [1, 1, 1, 1], strides: [2, 2] });

interface Habit {
  nodes: NodeSpec[];
  rest?: Partial<ModelSpec>;
  /** Part of the output's range that int8 may be apart. */
  part?: number;
}

const HABITS: Record<string, Habit> = {
  'a free batch, by name': { nodes: [{ ...conv, outputs: ['y'] }], rest: { inputs: { x: ['batch', 3, 8, 8] } } },
  'mean and deviation first': {
    nodes: [
      node('Sub', ['x', 'imageMean'], 's'),
      node('Div', ['s', 'deviation'], 'n'),
      node('Conv', ['n', 'w', 'b'], 'y'),
    ],
  },
  'mean and deviation first, in front of padding': {
    nodes: [
      node('Sub', ['x', 'imageMean'], 's'),
      node('Div', ['s', 'deviation'], 'n'),
      node('Conv', ['n', 'w', 'b'], 'y', { pads: [1, 1, 1, 1] }),
    ],
  },
  'BatchNormalization behind Conv': { nodes: [conv, batchNorm('c', 'n'), node('Relu', ['n'], 'y')] },
  'BatchNormalization behind Relu, which no layer takes back': {
    nodes: [conv, node('Relu', ['c'], 'r'), batchNorm('r', 'n'), node('Conv', ['n', 'w2', 'b'], 'y')],
  },
  'BatchNormalization of the input': {
    nodes: [
      node('BatchNormalization', ['x', 'gamma3', 'beta3', 'mean3', 'variance3'], 'n'),
      node('Conv', ['n', 'w', 'b'], 'y', { pads: [1, 1, 1, 1] }),
    ],
    rest: {
      constants: {
        ...constants,
        gamma3: positive(3, 20),
        beta3: floats([3], 21),
        mean3: floats([3], 22),
        variance3: positive(3, 23),
      },
    },
  },
  'Rescaling: pixels by 127.5, less 1': {
    nodes: [
      node('Div', ['x', 'c127'], 'd'),
      node('Sub', ['d', 'one'], 's'),
      node('Conv', ['s', 'w', 'b'], 'y', { pads: [1, 1, 1, 1] }),
    ],
  },
  'a uint8 input, Cast and Div': {
    nodes: [
      node('Cast', ['x'], 'f', { to: 1 }),
      node('Div', ['f', 'c255'], 'd'),
      node('Conv', ['d', 'w', 'b'], 'y', { pads: [1, 1, 1, 1] }),
    ],
    rest: { uint8Inputs: true },
  },
  'Softmax over a map': { nodes: [conv, node('Softmax', ['c'], 'y', { axis: 1 })] },
  'Flatten of a map in front of Gemm': {
    nodes: [
      conv,
      node('MaxPool', ['c'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Flatten', ['p'], 'f'),
      node('Gemm', ['f', 'fc16', 'fcBias'], 'y'),
    ],
  },
  'x.reshape(x.shape[0], -1)': {
    nodes: [
      conv,
      node('MaxPool', ['c'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Shape', ['p'], 's'),
      node('Gather', ['s', 'first'], 'n', { axis: 0 }),
      node('Unsqueeze', ['n', 'front'], 'u'),
      node('Concat', ['u', 'rest'], 't', { axis: 0 }),
      node('Reshape', ['p', 't'], 'f'),
      node('Gemm', ['f', 'fc16', 'fcBias'], 'y'),
    ],
    rest: {
      inputs: { x: ['n', 3, 8, 8] },
      constants: { ...constants, first: { shape: [], data: [0] }, front: ints(0), rest: ints(-1) },
    },
  },
  'Reshape to a row, with -1 and with 0': {
    nodes: [
      conv,
      node('GlobalAveragePool', ['c'], 'm'),
      node('Reshape', ['m', 'rows'], 'f'),
      node('Reshape', ['f', 'flat'], 'g'),
      node('Gemm', ['g', 'fc', 'fcBias'], 'y', { transB: 1 }),
    ],
  },
  'Reshape to four dimensions': {
    nodes: [
      conv,
      node('GlobalAveragePool', ['c'], 'm'),
      node('Flatten', ['m'], 'f'),
      node('Reshape', ['f', 'map'], 'r'),
      node('Conv', ['r', 'squeeze', 'squeezeBias'], 'y'),
    ],
  },
  'Identity of an initialiser': {
    nodes: [node('Identity', ['b'], 'i'), node('Conv', ['x', 'w', 'i'], 'y')],
  },
  'Relu and Clip': { nodes: [conv, node('Relu', ['c'], 'r'), node('Clip', ['r', '', 'six'], 'y')] },
  'Relu and Min(6)': { nodes: [conv, node('Relu', ['c'], 'r'), node('Min', ['r', 'six'], 'y')] },
  'Clip from 0 to 1': { nodes: [conv, node('Clip', ['c', 'zero', 'one'], 'y')] },
  'Clip from 0 to 3': { nodes: [conv, node('Clip', ['c', 'zero', 'three'], 'y')] },
  'AveragePool that does not count its padding': {
    nodes: [conv, node('AveragePool', ['c'], 'y', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })],
  },
  'AveragePool that does not count a padding that is not SAME': {
    nodes: [conv, node('AveragePool', ['c'], 'y', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })],
  },
  'AveragePool that counts its padding': {
    nodes: [conv, node('AveragePool', ['c'], 'y', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 })],
  },
  'a pool that rounds up': {
    nodes: [
      node('Conv', ['x', 'w', 'b'], 'c'),
      node('MaxPool', ['c'], 'm', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
      node('AveragePool', ['m'], 'y', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
    ],
  },
  'HardSwish by HardSigmoid': {
    nodes: [conv, node('HardSigmoid', ['c'], 'h', { alpha: { float: 1 / 6 } }), node('Mul', ['c', 'h'], 'y')],
  },
  'HardSwish by Add, Clip, Mul and Div': {
    nodes: [
      conv,
      node('Add', ['c', 'three'], 'a'),
      node('Clip', ['a', 'zero', 'six'], 'l'),
      node('Mul', ['c', 'l'], 'm'),
      node('Div', ['m', 'six'], 'y'),
    ],
  },
  'SiLU: x * Sigmoid(x)': { nodes: [conv, node('Sigmoid', ['c'], 's'), node('Mul', ['c', 's'], 'y')] },
  "MobileNetV3's squeeze and excite": {
    nodes: [
      conv,
      node('GlobalAveragePool', ['c'], 'g'),
      node('Conv', ['g', 'squeeze', 'squeezeBias'], 's'),
      node('Relu', ['s'], 'r'),
      node('Conv', ['r', 'excite', 'b'], 'e'),
      node('HardSigmoid', ['e'], 'h', { alpha: { float: 1 / 6 } }),
      node('Mul', ['h', 'c'], 'y'),
    ],
    part: 0.04,
  },
  "EfficientNet's squeeze and excite: ReduceMean, SiLU, Sigmoid": {
    nodes: [
      conv,
      meanOfPixels(13, 'c', 'g', 1),
      node('Conv', ['g', 'squeeze', 'squeezeBias'], 's'),
      node('Sigmoid', ['s'], 'i'),
      node('Mul', ['s', 'i'], 'r'),
      node('Conv', ['r', 'excite', 'b'], 'e'),
      node('Sigmoid', ['e'], 'h'),
      node('Mul', ['c', 'h'], 'y'),
    ],
    part: 0.04,
  },
  'Transpose at both edges, as tf2onnx has it': {
    nodes: [
      node('Transpose', ['x'], 't', { perm: [0, 3, 1, 2] }),
      node('Conv', ['t', 'w', 'b'], 'c'),
      node('Relu', ['c'], 'r'),
      meanOfPixels(13, 'r', 'y', 0),
    ],
    rest: { inputs: { x: [1, 8, 8, 3] }, channelsLast: true },
  },
};

const model = ({ nodes, rest }: Habit, opset = 13): ModelSpec => ({
  nodes,
  constants,
  inputs: { x: [1, 3, 8, 8] },
  outputs: ['y'],
  opset,
  ...rest,
});

for (const [name, habit] of Object.entries(HABITS)) {
  test(name, async (t) => {
    follows(t, await agree(t, model(habit)), habit.part ?? 0.03);
  });
}

/** PyTorch 1.13 wrote these files itself (`torch.onnx.export`): what computes the same in float is tried in other tests. */
const WRITTEN = ['ext', 'flatten4x4', 'fomo', 'rescale_mul_add', 'se', 'uint8_cast_div', 'v1_bn', 'v3', 'zeropad_op13'];

for (const name of WRITTEN) {
  withFixtures(test, `${name}.onnx in int8 follows the float graph`, (t: ExecutionContext) => {
    follows(t, importOnnx(readFixture('cases', `${name}.onnx`), name, fixture('cases')), 0.06);
  });
}

withFixtures(test, 'ZeroPad2d((0, 1, 0, 1)) in front of a convolution costs nothing', (t: ExecutionContext) => {
  const { operators } = importOnnx(readFixture('cases', 'zeropad_op13.onnx'), 'zeropad');
  t.false(operators.some(({ op }) => op === 'PAD'));
});

/** A block of MobileNetV1 with its head: what changed between operator sets is written as each has it. */
const network = (opset: number): NodeSpec[] => [
  pad(opset, 'x', 'p'),
  node('Conv', ['p', 'w', 'b'], 'c0', { strides: [2, 2] }),
  batchNorm('c0', 'n0'),
  clip(opset, 'n0', 'r0'),
  node('Conv', ['r0', 'depthwise', 'b'], 'c1', { group: 4, pads: [1, 1, 1, 1] }),
  clip(opset, 'c1', 'r1'),
  node('Dropout', ['r1'], 'd'),
  meanOfPixels(opset, 'd', 'm', 1),
  opset < 13 ? node('Squeeze', ['m'], 'f', { axes: [2, 3] }) : node('Squeeze', ['m', 'spatial'], 'f'),
  node('Gemm', ['f', 'fc', 'fcBias'], 'g', { transB: 1 }),
  node('Softmax', ['g'], 'y'),
];

for (let opset = 9; opset <= 21; opset++) {
  test(`operator set ${opset}: every layer of a MobileNet`, async (t) => {
    const graph = await agree(t, model({ nodes: network(opset) }, opset));
    t.deepEqual(
      follows(t, graph, 0.03).operators.map(({ op }) => op),
      ['PAD', 'CONV_2D', 'DEPTHWISE_CONV_2D', 'MEAN', 'RESHAPE', 'FULLY_CONNECTED', 'SOFTMAX'],
    );
  });
}

test('an initialiser that nothing reads leaves nothing in the int8 graph', async (t) => {
  const graph = quantizeUncalibrated(await agree(t, model({ nodes: [{ ...conv, outputs: ['y'] }] })));
  t.deepEqual(
    graph.tensors.map(({ name }) => name).filter((name) => !name.startsWith('y')),
    ['x'],
  );
});

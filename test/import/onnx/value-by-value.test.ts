/** Functions of one value, beside ONNX Runtime: alone, as bounds, and written out. */
import test from 'ava';
import { importOnnx, joinWritten } from '../../../src/import/onnx/import.js';
import { readOnnx } from '../../../src/onnx/model.js';
import { agree, follows } from './agree.js';
import { randomValues } from './blocks.js';
import { buildOnnx, type Constant, type ModelSpec, type NodeSpec } from './build.js';

const node = (op: string, inputs: string[], output: string, attributes?: NodeSpec['attributes']): NodeSpec => ({
  op,
  inputs,
  outputs: [output],
  attributes,
});
const value = (data: number): Constant => ({ shape: [], data: Float32Array.of(data) });
const constants = {
  w: { shape: [4, 3, 1, 1], data: randomValues(12, 2).map((x) => 4 * x) },
  b: { shape: [4], data: randomValues(4, 3) },
  one: value(1),
  minusOne: value(-1),
  minusHalf: value(-0.5),
  tiny: value(1e-12),
  channels: { shape: [1], data: [1] },
  perChannel: { shape: [4, 1, 1], data: randomValues(4, 4) },
  perPixel: { shape: [5, 6], data: randomValues(30, 5) },
  each: { shape: [1, 4, 5, 6], data: randomValues(120, 6) },
  three: value(3),
  five: value(5),
  six: value(6),
  sixth: value(1 / 6),
  zero: value(0),
};
const conv = node('Conv', ['x', 'w', 'b'], 'c');
const model = (nodes: NodeSpec[]): ModelSpec => ({
  nodes: [conv, ...nodes],
  constants,
  inputs: { x: [1, 3, 5, 6] },
  outputs: ['y'],
  opset: 14,
});
const kinds = (graph: ReturnType<typeof importOnnx>) => graph.operators.map(({ op }) => op);
/** What reads a convolution's output c and writes y, and the operators that it becomes. */
const cases: Record<string, [nodes: NodeSpec[], become: string[]]> = {
  HardSwish: [[node('HardSwish', ['c'], 'y')], ['CONV_2D', 'HARD_SWISH']],
  Tanh: [[node('Tanh', ['c'], 'y')], ['CONV_2D', 'TANH']],
  Elu: [[node('Elu', ['c'], 'y')], ['CONV_2D', 'ELU']],
  LeakyRelu: [[node('LeakyRelu', ['c'], 'y')], ['CONV_2D', 'LEAKY_RELU']],
  'LeakyRelu of a stated slope': [
    [node('LeakyRelu', ['c'], 'y', { alpha: { float: 0.3 } })],
    ['CONV_2D', 'LEAKY_RELU'],
  ],
  'Abs, Sqrt': [
    [node('Abs', ['c'], 'a'), node('Sqrt', ['a'], 'y')],
    ['CONV_2D', 'ABS', 'SQRT'],
  ],
  Neg: [[node('Neg', ['c'], 'y')], ['CONV_2D', 'NEG']],
  Exp: [[node('Exp', ['c'], 'y')], ['CONV_2D', 'EXP']],
  'Log of 1 and more': [
    [node('Relu', ['c'], 'r'), node('Add', ['r', 'one'], 'a'), node('Log', ['a'], 'y')],
    ['CONV_2D', 'DEPTHWISE_CONV_2D', 'LOG'],
  ],
  'HardSigmoid, whose factor the layer takes': [[node('HardSigmoid', ['c'], 'y')], ['CONV_2D', 'RELU_0_TO_1']],
  'HardSigmoid of another slope': [
    [node('HardSigmoid', ['c'], 'y', { alpha: { float: 1 / 6 } })],
    ['CONV_2D', 'RELU_0_TO_1'],
  ],
  'Clip from 0 to 1': [[node('Clip', ['c', 'zero', 'one'], 'y')], ['CONV_2D', 'RELU_0_TO_1']],
  'Clip from -1 to 1, which the layer takes': [[node('Clip', ['c', 'minusOne', 'one'], 'y')], ['CONV_2D']],
  'Relu and Min of 1': [
    [node('Relu', ['c'], 'r'), node('Min', ['r', 'one'], 'y')],
    ['CONV_2D', 'RELU_0_TO_1'],
  ],
  'Clip from 0 to 5': [[node('Clip', ['c', 'zero', 'five'], 'y')], ['CONV_2D', 'MINIMUM']],
  'Clip from -0.5 to 5': [[node('Clip', ['c', 'minusHalf', 'five'], 'y')], ['CONV_2D', 'MAXIMUM', 'MINIMUM']],
  'Clip from 1 to 3': [[node('Clip', ['c', 'one', 'three'], 'y')], ['CONV_2D', 'MAXIMUM', 'MINIMUM']],
  'Clip without a lower bound': [[node('Clip', ['c', '', 'one'], 'y')], ['CONV_2D', 'MINIMUM']],
  'Clip without an upper bound': [[node('Clip', ['c', 'minusHalf'], 'y')], ['CONV_2D', 'MAXIMUM']],
  'Clip without bounds': [[node('Clip', ['c'], 'y')], ['CONV_2D']],
  'Max of a value for each channel': [[node('Max', ['c', 'perChannel'], 'y')], ['CONV_2D', 'MAXIMUM']],
  'Min of two activations': [
    [node('Neg', ['c'], 'n'), node('Min', ['c', 'n'], 'y')],
    ['CONV_2D', 'NEG', 'MINIMUM'],
  ],
  'Max of three': [
    [node('Neg', ['c'], 'n'), node('Max', ['n', 'perChannel', 'c'], 'y')],
    ['CONV_2D', 'NEG', 'MAXIMUM', 'MAXIMUM'],
  ],
  PRelu: [[node('PRelu', ['c', 'perChannel'], 'y')], ['CONV_2D', 'PRELU']],
  'PRelu of one slope': [[node('PRelu', ['c', 'sixth'], 'y')], ['CONV_2D', 'PRELU']],
  'PRelu of a slope for each value': [[node('PRelu', ['c', 'each'], 'y')], ['CONV_2D', 'PRELU']],
  'Add and Mul of a value for each pixel': [
    [node('Add', ['perPixel', 'c'], 'a'), node('Mul', ['a', 'perPixel'], 'y')],
    ['CONV_2D', 'ADD', 'MUL'],
  ],
  'a value for each place, less an activation': [[node('Sub', ['each', 'c'], 'y')], ['CONV_2D', 'SUB']],
  'Relu and Min of 6, as the gate of hard swish': [
    [
      node('Add', ['c', 'three'], 'a'),
      node('Relu', ['a'], 'r'),
      node('Min', ['r', 'six'], 'l'),
      node('Mul', ['c', 'l'], 'm'),
      node('Mul', ['m', 'sixth'], 'y'),
    ],
    ['CONV_2D', 'HARD_SWISH'],
  ],
  'F.normalize, as torch writes it': [
    [
      node('ReduceL2', ['c'], 'n', { axes: [1], keepdims: 1 }),
      node('Clip', ['n', 'tiny'], 'h'),
      node('Shape', ['c'], 's'),
      node('Expand', ['h', 's'], 'e'),
      node('Div', ['c', 'e'], 'y'),
    ],
    ['CONV_2D', 'L2_NORMALIZATION'],
  ],
  'l2_normalize, as tf2onnx writes it': [
    [
      node('Mul', ['c', 'c'], 'q'),
      node('ReduceSum', ['q', 'channels'], 'n', { keepdims: 1 }),
      node('Max', ['n', 'tiny'], 'h'),
      node('Sqrt', ['h'], 'r'),
      node('Reciprocal', ['r'], 'i'),
      node('Mul', ['c', 'i'], 'y'),
    ],
    ['CONV_2D', 'L2_NORMALIZATION'],
  ],
  'x * HardSigmoid(x)': [
    [node('HardSigmoid', ['c'], 'h', { alpha: { float: 1 / 6 } }), node('Mul', ['c', 'h'], 'y')],
    ['CONV_2D', 'HARD_SWISH'],
  ],
  'x * Clip(x + 3, 0, 6) / 6': [
    [
      node('Add', ['c', 'three'], 'a'),
      node('Clip', ['a', 'zero', 'six'], 'l'),
      node('Mul', ['c', 'l'], 'm'),
      node('Div', ['m', 'six'], 'y'),
    ],
    ['CONV_2D', 'HARD_SWISH'],
  ],
  'Clip(3 + x, 0, 6) / 6 * x, constants by nodes': [
    [
      node('Constant', [], 'k', { value: value(3) }),
      node('Add', ['k', 'c'], 'a'),
      node('Clip', ['a', 'zero', 'six'], 'l'),
      node('Mul', ['l', 'sixth'], 'd'),
      node('Mul', ['d', 'c'], 'y'),
    ],
    ['CONV_2D', 'HARD_SWISH'],
  ],
};

for (const [name, [nodes, become]] of Object.entries(cases)) {
  test(`${name}: ONNX Runtime's values`, async (t) => {
    t.deepEqual(kinds(await agree(t, model(nodes))), become);
  });

  test(`${name}: int8 follows the real values`, (t) => {
    // Three roundings of 8 bits, one of which a root near 0 makes larger.
    follows(t, importOnnx(buildOnnx(model(nodes)), 'network'), 0.08);
  });
}

const refused: [name: string, nodes: NodeSpec[], message: RegExp][] = [
  ['Elu of another alpha', [node('Elu', ['c'], 'y', { alpha: { float: 0.5 } })], /Elu.*alpha 0.5; supported: alpha 1/],
  [
    'bounds the wrong way round',
    [node('Clip', ['c', 'five', 'zero'], 'y')],
    /Clip.*bounds 5 and 0; expected: the lower/,
  ],
];
for (const [name, nodes, message] of refused) {
  test(`${name}: refused`, (t) => {
    t.throws(() => importOnnx(buildOnnx(model(nodes)), 'network'), { message });
  });
}

test('another slope, or a gate of something else, is no hard swish', (t) => {
  const product = (alpha: number, other: string) => [
    node('Sigmoid', ['c'], 's'),
    node('HardSigmoid', ['c'], 'h', { alpha: { float: alpha } }),
    node('Mul', [other, 'h'], 'y'),
  ];
  for (const nodes of [product(0.2, 'c'), product(1 / 6, 's')]) {
    const joined = joinWritten(readOnnx(buildOnnx(model(nodes))));
    t.deepEqual(
      joined.map(({ op }) => op),
      ['Conv', 'Sigmoid', 'HardSigmoid', 'Mul'],
    );
  }
});

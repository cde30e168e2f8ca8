import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { withFixtures } from '../../fixtures.js';
import { agree } from './agree.js';
import { randomValues } from './blocks.js';
import { buildOnnx, type Constant, type ModelSpec, type NodeSpec } from './build.js';
import { givesWhatPyTorchGave } from './cases.js';

const ints = (...data: number[]): Constant => ({ shape: [data.length], data });
const node = (op: string, inputs: string[], output: string, attributes?: NodeSpec['attributes']): NodeSpec => ({
  op,
  inputs,
  outputs: [output],
  attributes,
});

withFixtures(test, "torch's ZeroPad2d from operator set 11 on", (t: ExecutionContext) =>
  givesWhatPyTorchGave(t, 'zeropad_op13'),
);

test('paddings computed from constants, as F.pad exports them', async (t) => {
  await agree(t, {
    nodes: [
      node('ConstantOfShape', ['four'], 'zeros', { value: ints(0) }),
      node('Concat', ['stated', 'zeros'], 'all', { axis: 0 }),
      node('Reshape', ['all', 'pairs'], 'rows'),
      node('Slice', ['rows', 'last', 'first', 'axis0', 'back'], 'turned'),
      node('Transpose', ['turned'], 'columns', { perm: [1, 0] }),
      node('Reshape', ['columns', 'flat'], 'list'),
      node('Cast', ['list'], 'pads', { to: 7 }),
      node('Pad', ['x', 'pads'], 'padded'),
      node('Conv', ['padded', 'w'], 'c', { kernel_shape: [3, 3], strides: [2, 2] }),
      node('GlobalAveragePool', ['c'], 'm'),
      node('Flatten', ['m'], 'y'),
    ],
    constants: {
      four: ints(4),
      stated: ints(0, 1, 2, 1),
      pairs: ints(-1, 2),
      last: ints(-1),
      first: ints(-9223372036854776),
      axis0: ints(0),
      back: ints(-1),
      flat: ints(-1),
      w: { shape: [2, 3, 3, 3], data: randomValues(54, 2) },
    },
    inputs: { x: [1, 3, 8, 8] },
    outputs: ['y'],
  });
});

test('x.view(x.shape[0], -1) with a free batch, in operator sets 9 to 21', async (t) => {
  for (const opset of [9, 11, 13, 17, 21]) {
    const isNew = opset >= 13;
    await agree(t, {
      opset,
      nodes: [
        node('GlobalAveragePool', ['x'], 'm'),
        node('Shape', ['m'], 's'),
        node('Gather', ['s', 'zero'], 'n', { axis: 0 }),
        isNew ? node('Unsqueeze', ['n', 'axes'], 'u') : node('Unsqueeze', ['n'], 'u', { axes: [0] }),
        node('Concat', ['u', 'rest'], 'shape', { axis: 0 }),
        node('Reshape', ['m', 'shape'], 'r'),
        node('Identity', ['w'], 'w2'),
        node('MatMul', ['r', 'w2'], 'y'),
      ],
      constants: {
        zero: { shape: [], data: [0] },
        axes: ints(0),
        rest: ints(-1),
        w: { shape: [3, 2], data: randomValues(6, 3) },
        unused: ints(1, 2, 3),
      },
      inputs: { x: ['batch', 3, 4, 4] },
      outputs: ['y'],
    });
  }
});

test('each operator folds to what ONNX Runtime computes', async (t) => {
  const constants = {
    a: { shape: [2, 3], data: Float32Array.of(1, -2, 3, 4, 5, -6.5) },
    b: { shape: [3], data: Float32Array.of(2, 0.5, -4) },
    p: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    i: ints(7, -7, 3, 2),
    j: ints(2, 2, -2, 5),
    k: { shape: [2, 1], data: [1, 0] },
    s23: ints(2, 3),
    s32: ints(3, -1),
    s223: ints(2, 2, 3),
    i0: ints(0),
    i1: ints(1),
    i2: ints(2),
    m1: ints(-1),
    m9: ints(-9),
    zero: { shape: [], data: [0] },
    six: { shape: [], data: [6] },
    two: { shape: [], data: [2] },
  };
  const chains: NodeSpec[][] = [
    ...['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max'].map((op) => [node(op, ['a', 'b'], 'f')]),
    ...['Add', 'Sub', 'Mul', 'Div'].map((op) => [node(op, ['i', 'j'], 'n'), node('Cast', ['n'], 'f', { to: 1 })]),
    ...['Abs', 'Neg', 'Floor', 'Ceil', 'Identity'].map((op) => [node(op, ['a'], 'f')]),
    ...['Sqrt', 'Reciprocal'].map((op) => [node(op, ['p'], 'f')]),
    [node('Pow', ['p', 'b'], 'f')],
    [node('Transpose', ['a'], 'f')],
    [node('Concat', ['a', 'p'], 'f', { axis: 1 })],
    [node('Concat', ['a', 'p'], 'f', { axis: -2 })],
    [node('Expand', ['b', 's223'], 'f')],
    [node('Flatten', ['a'], 'f', { axis: 0 })],
    [node('Gather', ['a', 'k'], 'f', { axis: 1 })],
    [node('Gather', ['a', 'm1'], 'f')],
    [node('Reshape', ['a', 's32'], 'f')],
    [node('Slice', ['a', 'i1', 'i2', 'i1'], 'f')],
    [node('Slice', ['a', 'm1', 'm9', 'i1', 'm1'], 'f')],
    [node('Slice', ['a', 'i0', 'i2', 'm1', 'i2'], 'f')],
    [node('Unsqueeze', ['b', 'm1'], 'u'), node('Squeeze', ['u'], 'q'), node('Unsqueeze', ['q', 'i0'], 'f')],
    [node('Range', ['zero', 'six', 'two'], 'n'), node('Cast', ['n'], 'f', { to: 1 })],
    [node('ConstantOfShape', ['s23'], 'f', { value: { shape: [1], data: Float32Array.of(2.5) } })],
    [node('Shape', ['a'], 'n'), node('ReduceProd', ['n'], 'q', { keepdims: 0 }), node('Cast', ['q'], 'f', { to: 1 })],
    [node('Equal', ['i', 'j'], 'e'), node('Where', ['e', 'i', 'j'], 'n'), node('Cast', ['n'], 'f', { to: 1 })],
    [node('Cast', ['a'], 'n', { to: 7 }), node('Cast', ['n'], 'f', { to: 1 })],
    [node('Constant', [], 'f', { value_float: { float: 1.5 } })],
    [node('Constant', [], 'n', { value_ints: [1, 2, 3] }), node('Cast', ['n'], 'f', { to: 1 })],
  ];
  const square = ints(1, -1);
  for (const chain of chains) {
    // The folded values become the weights of a layer of one input.
    await agree(t, {
      nodes: [...chain, node('Reshape', ['f', 'square'], 'w'), node('MatMul', ['x', 'w'], 'y')],
      constants: { ...constants, square },
      inputs: { x: [1, 1] },
      outputs: ['y'],
    });
  }
});

test('constants that would fill the memory are refused', (t) => {
  const spec = (nodes: NodeSpec[], constants: ModelSpec['constants']) => () =>
    importOnnx(buildOnnx({ nodes, constants, inputs: { x: [1, 1] }, outputs: ['y'] }), 'large');
  const large = spec([node('ConstantOfShape', ['s'], 'f')], { s: ints(65536, 65536) });
  t.throws(large, { code: 'MODEL_UNSUPPORTED', message: /node 0 \(ConstantOfShape\).*4294967296 values/ });
  const doubling = Array.from({ length: 40 }, (_, i) => node('Concat', [`c${i}`, `c${i}`], `c${i + 1}`, { axis: 0 }));
  t.throws(spec(doubling, { c0: ints(1, 2) }), { code: 'MODEL_UNSUPPORTED', message: /\(Concat\).*8388608 at most/ });
});

test('settings that make no sense are one error', (t) => {
  const data = fc.array(fc.oneof(fc.integer({ min: -3, max: 9 }), fc.constant(2 ** 40)), { maxLength: 5 });
  const ops = [
    'Slice',
    'Gather',
    'Reshape',
    'Expand',
    'Range',
    'Where',
    'Unsqueeze',
    'Squeeze',
    'Transpose',
    'Concat',
    'Div',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...ops), fc.array(data, { minLength: 1, maxLength: 5 }), data, (op, inputs, ints_) => {
      const constants = Object.fromEntries(inputs.map((list, i) => [`c${i}`, ints(...list)]));
      const attributes = ints_.length ? { axis: ints_[0], axes: ints_, perm: ints_ } : undefined;
      const nodes = [node(op, Object.keys(constants), 'f', attributes)];
      const error = t.throws(() =>
        importOnnx(buildOnnx({ nodes, constants, inputs: { x: [1, 1] }, outputs: ['y'] }), 'wrong'),
      ) as Error & { code?: string };
      t.regex(error.code ?? String(error.stack), /^MODEL_/);
    }),
    { numRuns: 500 },
  );
});

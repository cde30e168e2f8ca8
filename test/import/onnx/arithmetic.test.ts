import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { compile } from '../../../src/compile.js';
import { DepthwiseError } from '../../../src/errors.js';
import { perTensor } from '../../../src/graph/graph.js';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { quantizeUncalibrated } from '../../../src/quantize/uncalibrated.js';
import { readFixture, withFixtures } from '../../fixtures.js';
import { agree } from './agree.js';
import { randomValues } from './blocks.js';
import { buildOnnx, type Constant, type ModelSpec, type NodeSpec } from './build.js';
import { givesWhatPyTorchGave } from './cases.js';

const floats = (shape: number[], seed: number): Constant => ({
  shape,
  data: randomValues(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
});
const value = (...data: number[]): Constant => ({ shape: [], data: Float32Array.from(data) });
const perChannel = (...data: number[]): Constant => ({ shape: [1, data.length, 1, 1], data: Float32Array.from(data) });
const ints = (...data: number[]): Constant => ({ shape: [data.length], data });
const node = (op: string, inputs: string[], output: string, attributes?: NodeSpec['attributes']): NodeSpec => ({
  op,
  inputs,
  outputs: [output],
  attributes,
});
const constants = {
  mean: perChannel(0.485, 0.456, 0.406),
  deviation: perChannel(0.229, 0.224, 0.225),
  scalar: value(0.3),
  c255: value(255),
  six: value(6),
  zero: value(0),
  w: floats([4, 3, 3, 3], 2),
  w1: floats([4, 4, 1, 1], 3),
  b: floats([4], 4),
  perChannel4: perChannel(1, -2, 0.5, 3),
  row4: floats([4], 5),
  fc: floats([64, 5], 6),
  fcT: floats([5, 64], 7),
  head: floats([4, 2], 8),
  variance: { shape: [4], data: Float32Array.of(1, 2, 0.5, 3) },
};
const conv = (from: string, to: string, pad = 0, stride = 1) =>
  node('Conv', [from, 'w', 'b'], to, { pads: [pad, pad, pad, pad], strides: [stride, stride] });
const model = (nodes: NodeSpec[], rest: Partial<ModelSpec> = {}): ModelSpec => ({
  nodes,
  constants,
  inputs: { x: [1, 3, 6, 6] },
  outputs: ['y'],
  ...rest,
});
const kinds = (graph: ReturnType<typeof importOnnx>) => graph.operators.map(({ op }) => op);
const normalise = [node('Sub', ['x', 'mean'], 's'), node('Div', ['s', 'deviation'], 'n')];

test('mean and deviation in front of an unpadded convolution disappear in it', async (t) => {
  t.deepEqual(kinds(await agree(t, model([...normalise, conv('n', 'y')]))), ['CONV_2D']);
});

test('in front of a padded one, where the padding is 0 behind them, they are one layer', async (t) => {
  for (const stride of [1, 2]) {
    const graph = await agree(t, model([...normalise, conv('n', 'y', 1, stride)]));
    t.deepEqual(
      kinds(graph).filter((op) => op !== 'PAD'),
      ['DEPTHWISE_CONV_2D', 'CONV_2D'],
    );
  }
});

test('a factor alone disappears in a padded one too', async (t) => {
  for (const stride of [1, 2]) {
    const graph = await agree(t, model([node('Div', ['x', 'deviation'], 'n'), conv('n', 'y', 1, stride)]));
    t.false(kinds(graph).includes('DEPTHWISE_CONV_2D'));
  }
});

test('Add, Sub, Mul and Div of one value or one for each channel go into the layer in front', async (t) => {
  for (const op of ['Add', 'Sub', 'Mul', 'Div']) {
    for (const constant of ['perChannel4', 'scalar']) {
      t.deepEqual(kinds(await agree(t, model([conv('x', 'c'), node(op, ['c', constant], 'y')]))), ['CONV_2D']);
      if (op === 'Div') continue;
      t.deepEqual(kinds(await agree(t, model([conv('x', 'c'), node(op, [constant, 'c'], 'y')]))), ['CONV_2D']);
    }
  }
});

test('chains of them, between layers and activations, in any order', async (t) => {
  const step = fc.constantFrom('Add', 'Sub', 'Mul', 'Div', 'Relu', 'BatchNormalization', 'Conv');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), fc.nat(1000), async (steps, seed) => {
      const nodes = steps.map((op, i) => {
        const output = i === steps.length - 1 ? 'y' : `t${i + 1}`;
        if (op === 'Relu') return node(op, [`t${i}`], output);
        if (op === 'Conv') return node(op, [`t${i}`, 'w1', 'b'], output);
        const parameters = op === 'BatchNormalization' ? ['b', 'row4', 'b', 'variance'] : ['perChannel4'];
        return node(op, [`t${i}`, ...parameters], output);
      });
      await agree(t, model([conv('x', 't0', 1), ...nodes]), seed);
    }),
    { numRuns: 30 },
  );
});

test('on a row: behind Gemm, in front of Gemm; elsewhere refused', async (t) => {
  const pooled = [
    conv('x', 'c'),
    node('Relu', ['c'], 'r'),
    node('ReduceMean', ['r'], 'm', { axes: [2, 3], keepdims: 0 }),
  ];
  const scaled = [
    node('Mul', ['m', 'row4'], 'a'),
    node('MatMul', ['a', 'head'], 'f'),
    node('Sub', ['f', 'scalar'], 'y'),
  ];
  t.deepEqual(kinds(await agree(t, model([...pooled, ...scaled]))), ['CONV_2D', 'MEAN', 'FULLY_CONNECTED']);
  const alone = () => importOnnx(buildOnnx(model([...pooled, node('Mul', ['m', 'row4'], 'y')])), 'alone');
  t.throws(alone, { code: 'MODEL_UNSUPPORTED', message: /arithmetic with constants on one row/ });
});

test('pixels of type uint8: what is divided by 255 goes into the first layer, and pixels are 0 to 255', async (t) => {
  const nodes = [node('Cast', ['x'], 'f', { to: 1 }), node('Div', ['f', 'c255'], 'n'), conv('n', 'y', 1, 2)];
  const graph = await agree(t, model(nodes, { uint8Inputs: true }));
  t.false(kinds(graph).includes('DEPTHWISE_CONV_2D'));
  t.deepEqual(graph.pixelRange, { black: 0, white: 255 });
  const int8 = quantizeUncalibrated(graph);
  t.deepEqual(perTensor(int8.tensors[int8.inputs[0]]), { scale: 1, zeroPoint: -128 });
});

test('a model that rescales its float input takes pixels from 0 to 255; one that normalises it does not', async (t) => {
  const rescale = [node('Sub', ['x', 'c127'], 's'), node('Div', ['s', 'c127'], 'n'), conv('n', 'y', 1)];
  const graph = await agree(t, model(rescale, { constants: { ...constants, c127: value(127.5) } }));
  t.deepEqual(graph.pixelRange, { black: 0, white: 255 });
  t.is((await agree(t, model([...normalise, conv('n', 'y', 1)]))).pixelRange, undefined);
});

test('Keras through tf2onnx: channels last outside, arithmetic in front of the Transpose', async (t) => {
  const turn = node('Transpose', ['n'], 'h', { perm: [0, 3, 1, 2] });
  const kerasMean: Constant = { shape: [3], data: Float32Array.of(1, 2, 3) };
  const nodes = [node('Cast', ['x'], 'f', { to: 1 }), node('Sub', ['f', 'keras'], 'n'), turn, conv('h', 'c', 1)];
  const rest = { inputs: { x: ['n', 5, 6, 3] }, channelsLast: true, constants: { ...constants, keras: kerasMean } };
  const back = node('Transpose', ['c'], 'y', { perm: [0, 2, 3, 1] });
  const graph = importOnnx(buildOnnx(model([...nodes, back], { ...rest, uint8Inputs: true })), 'keras');
  t.deepEqual(graph.tensors[graph.inputs[0]].shape, [1, 5, 6, 3]);
  await agree(t, model([...nodes, node('GlobalAveragePool', ['c'], 'm'), node('Flatten', ['m'], 'y')], rest));
});

test('one channel that tf2onnx reshapes instead, and its [1,1,1,N] in front of a convolution', async (t) => {
  const nodes = [
    node('Reshape', ['x', 'nchw'], 'h'),
    node('Conv', ['h', 'grey', 'b'], 'c'),
    node('GlobalAveragePool', ['c'], 'm'),
    node('Squeeze', ['m', 'axes'], 'q'),
    node('Reshape', ['q', 'pixel'], 'p'),
    node('Transpose', ['p'], 't', { perm: [0, 3, 1, 2] }),
    node('Conv', ['t', 'w1', 'b'], 'e'),
    node('Reshape', ['e', 'row'], 'y'),
  ];
  const more = {
    nchw: ints(-1, 1, 6, 5),
    grey: floats([4, 1, 3, 3], 9),
    axes: ints(2, 3),
    pixel: ints(-1, 1, 1, 4),
    row: ints(-1, 4),
  };
  const spec = model(nodes, { inputs: { x: [1, 6, 5, 1] }, channelsLast: true, constants: { ...constants, ...more } });
  await agree(t, spec);
});

test('bounds: Clip with inputs, without one, behind Relu; Min and Max', async (t) => {
  const bounds: NodeSpec[][] = [
    [node('Clip', ['c', 'zero', 'six'], 'y')],
    [node('Clip', ['c', 'zero'], 'y')],
    [node('Clip', ['c', 'zero', ''], 'y')],
    [node('Relu', ['c'], 'r'), node('Clip', ['r', '', 'six'], 'y')],
    [node('Relu', ['c'], 'r'), node('Min', ['r', 'six'], 'y')],
    [node('Relu', ['c'], 'r'), node('Min', ['six', 'r'], 'y')],
    [node('Max', ['c', 'zero'], 'r'), node('Min', ['r', 'six'], 'y')],
    [node('Max', ['zero', 'c'], 'y')],
  ];
  const big = { ...constants, w: { ...constants.w, data: (constants.w.data as Float32Array).map((w) => 20 * w) } };
  for (const nodes of bounds) {
    t.deepEqual(kinds(await agree(t, model([conv('x', 'c'), ...nodes], { constants: big }))), ['CONV_2D']);
  }
  const alone = model([conv('x', 'c'), node('Min', ['c', 'six'], 'y')], { constants: big });
  const graph = await agree(t, alone);
  t.deepEqual(kinds(graph), ['CONV_2D', 'MINIMUM']);
  const { program } = compile(quantizeUncalibrated(graph));
  t.is(program.steps.length, 1, 'the clamp of the convolution');
});

test('a map as one row, in front of Gemm or MatMul: its weights change places', async (t) => {
  const flat = [conv('x', 'c'), node('Flatten', ['c'], 'f'), node('Relu', ['f'], 'r')];
  const gemm = { ...node('Gemm', ['r', 'fcT'], 'y', { transB: 1 }) };
  t.deepEqual(kinds(await agree(t, model([...flat, gemm]))), ['CONV_2D', 'RESHAPE', 'RELU', 'FULLY_CONNECTED']);
  await agree(t, model([...flat, node('Gemm', ['r', 'fc'], 'y')]));
  await agree(
    t,
    model([conv('x', 'c'), node('Reshape', ['c', 's'], 'f'), node('MatMul', ['f', 'fc'], 'y')], {
      constants: { ...constants, s: ints(0, -1) },
    }),
  );
  const softmax = () => importOnnx(buildOnnx(model([...flat, node('Softmax', ['r'], 'y')])), 'softmax');
  t.throws(softmax, {
    code: 'MODEL_UNSUPPORTED',
    message: /node 3 \(Softmax\), tensor "r": a map of several channels/,
  });
});

test('Pad with axes, of operator set 18', async (t) => {
  const more = { pads: ints(1, 0, 0, 2), none: value(0), axes: ints(-1, 2) };
  const nodes = [node('Pad', ['x', 'pads', 'none', 'axes'], 'p'), conv('p', 'y')];
  await agree(t, model(nodes, { opset: 18, constants: { ...constants, ...more } }));
});

test('damaged files of such models give a DepthwiseError or a graph, nothing else', (t) => {
  const shape: NodeSpec[] = [
    node('Shape', ['c'], 'dims'),
    node('Slice', ['dims', 'one', 'four'], 'e'),
    node('ReduceProd', ['e'], 'p', { keepdims: 1 }),
    node('Concat', ['one', 'p'], 'to', { axis: 0 }),
    node('ConstantOfShape', ['one'], 'o'),
    node('Expand', ['o', 'one'], 'factor'),
    node('Mul', ['c', 'factor'], 'k'),
    node('Reshape', ['k', 'to'], 'f'),
    node('MatMul', ['f', 'fc'], 'y'),
  ];
  const good = buildOnnx(
    model([...normalise, conv('n', 'c'), ...shape], { constants: { ...constants, one: ints(1), four: ints(4) } }),
  );
  importOnnx(good, 'good');
  const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.option(fc.nat(good.length)), (changes, length) => {
      const bytes = good.slice(0, length ?? good.length);
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      try {
        importOnnx(bytes, 'damaged');
      } catch (error) {
        t.true(error instanceof DepthwiseError, String((error as Error).stack));
      }
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

for (const name of ['v1_bn', 'flatten4x4', 'fomo', 'se', 'v3']) {
  withFixtures(test, `${name}: what PyTorch gave`, (t: ExecutionContext) => givesWhatPyTorchGave(t, name));
}

for (const name of ['rescale_mul_add', 'uint8_cast_div', 'v1_bn', 'flatten4x4', 'se', 'v3']) {
  withFixtures(test, `${name} compiles`, (t: ExecutionContext) => {
    const graph = importOnnx(readFixture('cases', `${name}.onnx`), name);
    t.true(compile(quantizeUncalibrated(graph)).blob.length > 1000);
    if (name === 'uint8_cast_div') t.false(kinds(graph).slice(0, 2).includes('DEPTHWISE_CONV_2D'));
  });
}

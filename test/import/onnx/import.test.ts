import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { compile } from '../../../src/compile.js';
import { DepthwiseError } from '../../../src/errors.js';
import { importOnnx, translateOnnx } from '../../../src/import/onnx/import.js';
import { runFloat } from '../../../src/quantize/float-run.js';
import { isScaled } from '../../../src/quantize/own-scales.js';
import { quantizeAsScaled, quantizeUncalibrated } from '../../../src/quantize/uncalibrated.js';
import { block, blockModel, expectedBlock, randomValues, toNhwc } from './blocks.js';
import { buildOnnx, type ModelSpec, type NodeSpec } from './build.js';
import { quantisedNetwork } from './qdq-network.js';

const DIGITS = new URL('../../../tools/train/out/digits-mini.onnx', import.meta.url);

/** One node on an input `x`, with the output `y`. */
function oneNode(
  node: Partial<NodeSpec>,
  shape: (number | string)[] = [1, 2, 4, 4],
  rest: Partial<ModelSpec> = {},
): Uint8Array {
  const spec = { op: 'Relu', inputs: ['x'], outputs: ['y'], ...node };
  return buildOnnx({ nodes: [spec], inputs: { x: shape }, outputs: ['y'], ...rest });
}

const run = (bytes: Uint8Array, x: Float32Array) => {
  const graph = importOnnx(bytes, 'test');
  return runFloat(graph, [x])[graph.outputs[0]];
};

test('convolution, batch normalisation and clip compute what ONNX says, as one NHWC operator', (t) => {
  fc.assert(
    fc.property(block, (b) => {
      const x = randomValues(b.channels * b.height * b.width, b.seed);
      const graph = importOnnx(buildOnnx(blockModel(b)), 'block');
      const output = graph.tensors[graph.outputs[0]];
      const expected = expectedBlock(b, x);
      t.deepEqual(output.shape, [1, expected.height, expected.width, b.outputs]);
      t.true(graph.operators.filter(({ op }) => op !== 'PAD').length === 1);
      const actual = runFloat(graph, [toNhwc(x, b.channels)])[output.index];
      for (const [i, value] of toNhwc(expected.values, b.outputs).entries()) t.true(Math.abs(actual[i] - value) < 1e-4);
    }),
    { numRuns: 300 },
  );
});

test('folding leaves the results as they are', (t) => {
  fc.assert(
    fc.property(block, (b) => {
      const bytes = buildOnnx(blockModel(b));
      const x = [randomValues(b.channels * b.height * b.width, b.seed)];
      const [plain, folded] = [translateOnnx(bytes, 'a'), importOnnx(bytes, 'a')];
      const expected = runFloat(plain, x)[plain.outputs[0]];
      const actual = runFloat(folded, x)[folded.outputs[0]];
      t.is(actual.length, expected.length);
      for (const [i, value] of expected.entries()) t.true(Math.abs(actual[i] - value) < 1e-4);
    }),
    { numRuns: 300 },
  );
});

test('paddings that SAME would add become SAME, others stay a PAD', (t) => {
  const conv = (pads: number[]) => {
    const constants = { w: { shape: [1, 1, 3, 3], data: randomValues(9, 1) } };
    const attributes = { pads, strides: [2, 2] };
    const bytes = oneNode({ op: 'Conv', inputs: ['x', 'w'], attributes }, [1, 1, 8, 8], { constants });
    return importOnnx(bytes, 'p').operators.map((operator) => ('padding' in operator ? operator.padding : operator.op));
  };
  t.deepEqual(conv([0, 0, 1, 1]), ['same']);
  t.deepEqual(conv([1, 1, 1, 1]), ['PAD', 'valid']);
  t.deepEqual(conv([0, 0, 0, 0]), ['valid']);
});

test('a batch normalisation that something else reads too is not folded away', (t) => {
  const b = {
    height: 3,
    width: 3,
    channels: 2,
    outputs: 2,
    depthwise: false,
    kernel: [1, 1],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
  };
  const model = blockModel({ ...b, batchNorm: true, relu6: true, seed: 7 } as never);
  const graph = importOnnx(buildOnnx({ ...model, outputs: ['conv', 'norm', 'clip'] }), 'g');
  t.deepEqual(
    graph.operators.map(({ op }) => op),
    ['CONV_2D', 'DEPTHWISE_CONV_2D', 'RELU6'],
  );
});

test('average pooling with and without counted padding', (t) => {
  const x = Float32Array.of(1, 2, 3, 4);
  const pool = (attributes: NodeSpec['attributes']) => [
    ...run(oneNode({ op: 'AveragePool', attributes: { kernel_shape: [2, 2], ...attributes } }, [1, 1, 2, 2]), x),
  ];
  t.deepEqual(pool({}), [2.5]);
  t.deepEqual(pool({ auto_pad: 'SAME_UPPER' }), [2.5, 3, 3.5, 4]);
  t.deepEqual(pool({ pads: [0, 0, 1, 1], count_include_pad: 1 }), [2.5, 1.5, 1.75, 1]);
  t.deepEqual(pool({ pads: [1, 1, 0, 0] }), [1, 1.5, 2, 2.5]);
});

test('Gemm, transposed or not, with alpha, beta and a scalar C', (t) => {
  const gemm = (attributes: NodeSpec['attributes'], shape: number[], c: number[]) => {
    const constants = {
      w: { shape, data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      c: { shape: [c.length], data: Float32Array.from(c) },
    };
    const node = { op: 'Gemm', inputs: ['x', 'w', 'c'], attributes };
    return [...run(oneNode(node, [1, 2], { constants }), Float32Array.of(10, 100))];
  };
  t.deepEqual(gemm({ transB: 1 }, [3, 2], [1, 2, 3]), [211, 432, 653]);
  t.deepEqual(gemm({}, [2, 3], [1, 2, 3]), [411, 522, 633]);
  t.deepEqual(gemm({ alpha: { float: 2 }, beta: { float: 0.5 } }, [2, 3], [4]), [822, 1042, 1262]);
});

test('flattening, means, softmax and what inference leaves out', (t) => {
  const nodes: NodeSpec[] = [
    { op: 'Constant', inputs: [], outputs: ['shape'], attributes: { value: { shape: [2], data: [0, -1] } } },
    { op: 'ReduceMean', inputs: ['x'], outputs: ['m'], attributes: { axes: [2, 3], keepdims: 1 } },
    { op: 'Reshape', inputs: ['m', 'shape'], outputs: ['r'] },
    { op: 'Dropout', inputs: ['r'], outputs: ['d'] },
    { op: 'Identity', inputs: ['d'], outputs: ['i'] },
    { op: 'Softmax', inputs: ['i'], outputs: ['y'], attributes: { axis: 1 } },
  ];
  const bytes = buildOnnx({ nodes, inputs: { x: [1, 2, 1, 2] }, outputs: ['y'] });
  const [a, b] = run(bytes, Float32Array.of(1, 10, 3, 20));
  t.true(Math.abs(b / a - Math.exp(13)) < 1);
  t.true(Math.abs(a + b - 1) < 1e-6);
});

const refused: [title: string, bytes: Uint8Array, code: string, message: RegExp][] = [
  [
    'an unknown operator',
    oneNode({ op: 'LSTM', name: 'lstm_1' }),
    'MODEL_UNSUPPORTED',
    /^node 0 \(LSTM\) "lstm_1", tensor "y"/,
  ],
  [
    'bounds of Clip the wrong way round',
    oneNode({ op: 'Clip', attributes: { min: { float: 2 }, max: { float: -1 } } }),
    'MODEL_INVALID',
    /bounds 2 and -1; expected: the lower/,
  ],
  [
    'a transpose in disguise',
    oneNode({ op: 'Flatten' }),
    'MODEL_UNSUPPORTED',
    /^output "y": a map of several channels and pixels as one row/,
  ],
  ['an input that nothing computes', oneNode({ inputs: ['z'] }), 'MODEL_INVALID', /tensor "z"/],
  ['an output that nothing computes', oneNode({ outputs: ['z'] }), 'MODEL_INVALID', /output "y"/],
  ['symbolic pixels', oneNode({}, [1, 3, 'height', 'width']), 'MODEL_UNSUPPORTED', /shape \[1,3,height,width\]/],
  ['an empty file', new Uint8Array(0), 'MODEL_INVALID', /no ONNX graph/],
  ['text', new TextEncoder().encode('this is no ONNX model'), 'MODEL_INVALID', /does not fit the ONNX format/],
  [
    'groups that do not divide the outputs',
    oneNode({ op: 'Conv', inputs: ['x', 'w'], attributes: { group: 2 } }, [1, 4, 3, 3], {
      constants: { w: { shape: [3, 2, 1, 1], data: new Float32Array(6) } },
    }),
    'MODEL_INVALID',
    /node 0 \(Conv\), tensor "w": filter \[3,2,1,1\], group 2/,
  ],
];

for (const [title, bytes, code, message] of refused) {
  test(`refused: ${title}`, (t) => {
    const error = t.throws(() => importOnnx(bytes, 'bad'), { instanceOf: DepthwiseError, message });
    t.is(error?.code, code as DepthwiseError['code']);
  });
}

/** What damaged files end in, `numRuns` of them: a DepthwiseError, or no error. */
function endsWell(
  t: ExecutionContext,
  numRuns: number,
  read: (bytes: Uint8Array) => unknown,
  good: Uint8Array = new Uint8Array(readFileSync(DIGITS)),
): void {
  const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 8,
  });
  // Most bytes of the file are weights: the structure stands between them, so the positions are drawn near it too.
  const structure = fc.array(fc.tuple(fc.nat(Math.min(2500, good.length - 1)), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.oneof(damage, structure), fc.option(fc.nat(good.length)), (changes, length) => {
      const bytes = good.slice(0, length ?? good.length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        read(bytes);
      } catch (error) {
        t.true(error instanceof DepthwiseError, String((error as Error).stack));
      }
    }),
    { numRuns },
  );
  t.pass();
}

test('damaged files give a DepthwiseError or a graph, nothing else', (t) => {
  endsWell(t, 2000, (bytes) => importOnnx(bytes, 'damaged'));
});

test('and what was imported can be quantised and compiled, or says why not', (t) => {
  endsWell(t, 200, (bytes) => compile(quantizeUncalibrated(importOnnx(bytes, 'damaged'))));
});

test('damaged files with scales of their own: the same', (t) => {
  const quantised = buildOnnx(
    quantisedNetwork(3, { activations: 'uint8', weights: 'int8', perChannel: true, end: 'Softmax' }),
  );
  const read = (bytes: Uint8Array) => {
    const float = importOnnx(bytes, 'damaged');
    return compile(isScaled(float) ? quantizeAsScaled(float) : quantizeUncalibrated(float));
  };
  endsWell(t, 2000, read, quantised);
});

/**
 * What PyTorch and Keras exporters write besides convolutions: our float graph against ONNX Runtime, then the int8 model in
 * wasm3 and in LiteRT against the float graph.
 */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { compile } from '../../../src/compile.js';
import { runReference } from '../../../src/engines/reference.js';
import { openRunner } from '../../../src/engines/run.js';
import { writeTflite } from '../../../src/export/tflite/write.js';
import { elements, perTensor } from '../../../src/graph/graph.js';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { importTflite } from '../../../src/import/tflite/import.js';
import { runFloat } from '../../../src/quantize/float-run.js';
import { realValues } from '../../../src/quantize/pixels.js';
import { quantizeWithSamples } from '../../../src/quantize/post-training.js';
import { openLiteRt } from '../../export/tflite/litert.js';
import { bytesFor, INPUT } from '../../quantize/networks.js';
import { randomValues, toNhwc } from './blocks.js';
import { buildOnnx, type Constant, type ModelSpec, type NodeSpec } from './build.js';

env.wasm.numThreads = 1;

const list = (count: number, seed: number): Constant => ({ shape: [count], data: randomValues(count, seed) });
/** Weights that keep values about as large as they were. */
const filter = (shape: number[], seed: number, fanIn = elements(shape) / shape[0]): Constant => ({
  shape,
  data: randomValues(elements(shape), seed).map((value) => (1.5 * value) / Math.sqrt(fanIn)),
});

/** Convolution with bias and Relu. */
const conv = (n: number, from: string, attributes: NodeSpec['attributes'] = {}): NodeSpec[] => [
  { op: 'Conv', inputs: [from, `w${n}`, `b${n}`], outputs: [`c${n}`], attributes },
  { op: 'Relu', inputs: [`c${n}`], outputs: [`r${n}`] },
];
const parameters = (n: number, shape: number[], seed: number) => ({
  [`w${n}`]: filter(shape, seed + n),
  [`b${n}`]: list(shape[0], seed + 31 * n),
});
const same = { pads: [1, 1, 1, 1] };

interface Network extends ModelSpec {
  /** Whether the ONNX input is [1,H,W,C]. */
  channelsLast?: boolean;
}

/** As PyTorch writes it: a residual block, a concatenation, a padded pool behind Relu, two scores through a sigmoid. */
const residual = (seed: number): Network => ({
  nodes: [
    ...conv(0, 'x', same),
    { op: 'MaxPool', inputs: ['r0'], outputs: ['p'], attributes: { kernel_shape: [3, 3], strides: [2, 2], ...same } },
    ...conv(1, 'p', same),
    { op: 'Conv', inputs: ['r1', 'w2', 'b2'], outputs: ['c2'], attributes: same },
    { op: 'Add', inputs: ['c2', 'p'], outputs: ['s'] },
    { op: 'Relu', inputs: ['s'], outputs: ['rs'] },
    { op: 'Concat', inputs: ['rs', 'r1', 'p'], outputs: ['k'], attributes: { axis: 1 } },
    { op: 'GlobalAveragePool', inputs: ['k'], outputs: ['m'] },
    { op: 'Flatten', inputs: ['m'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'w3', 'b3'], outputs: ['g'], attributes: { transB: 1 } },
    { op: 'Sigmoid', inputs: ['g'], outputs: ['y'] },
  ],
  constants: {
    ...parameters(0, [6, 2, 3, 3], seed),
    ...parameters(1, [6, 6, 3, 3], seed),
    ...parameters(2, [6, 6, 3, 3], seed),
    ...parameters(3, [2, 18], seed),
  },
  inputs: { x: [1, 2, 8, 8] },
  outputs: ['y'],
});

/** As tf2onnx writes a Keras model: channels last outside, MatMul and Add for Dense, pooling with SAME. */
const keras = (seed: number): Network => ({
  channelsLast: true,
  nodes: [
    { op: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: [0, 3, 1, 2] } },
    { op: 'Conv', inputs: ['t', 'w0', 'b0'], outputs: ['c0'], attributes: { strides: [2, 2], pads: [0, 0, 1, 1] } },
    { op: 'Clip', inputs: ['c0', 'low', 'high'], outputs: ['a0'] },
    { op: 'MaxPool', inputs: ['a0'], outputs: ['p'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: 'Pad', inputs: ['p', 'pads'], outputs: ['q'] },
    { op: 'Conv', inputs: ['q', 'w1'], outputs: ['c1'] },
    { op: 'Add', inputs: ['c1', 'perChannel'], outputs: ['s1'] },
    { op: 'Relu', inputs: ['s1'], outputs: ['r1'] },
    { op: 'Transpose', inputs: ['r1'], outputs: ['u'], attributes: { perm: [0, 2, 3, 1] } },
    { op: 'Reshape', inputs: ['u', 'flat'], outputs: ['f'] },
    { op: 'MatMul', inputs: ['f', 'w2'], outputs: ['d'] },
    { op: 'Add', inputs: ['b2', 'd'], outputs: ['e'] },
    { op: 'Relu', inputs: ['e'], outputs: ['r2'] },
    { op: 'MatMul', inputs: ['r2', 'w3'], outputs: ['g'] },
    { op: 'Add', inputs: ['g', 'b3'], outputs: ['h'] },
    { op: 'Softmax', inputs: ['h'], outputs: ['y'] },
  ],
  constants: {
    ...parameters(0, [5, 3, 3, 3], seed),
    w1: filter([4, 5, 3, 3], seed + 1),
    perChannel: { shape: [4, 1, 1], data: randomValues(4, seed + 2) },
    w2: filter([36, 7], seed + 3, 36),
    b2: list(7, seed + 4),
    w3: filter([7, 3], seed + 5, 7),
    b3: list(3, seed + 6),
    low: { shape: [], data: Float32Array.of(0) },
    high: { shape: [], data: Float32Array.of(6) },
    pads: { shape: [8], data: [0, 0, 1, 1, 0, 0, 1, 1] },
    flat: { shape: [2], data: [1, -1] },
  },
  inputs: { x: [1, 12, 12, 3] },
  outputs: ['y'],
});

/** Pools, sums and concatenations alone, height and width joined too, and a Squeeze. */
const pooled = (seed: number): Network => ({
  nodes: [
    { op: 'MaxPool', inputs: ['x'], outputs: ['p0'], attributes: { kernel_shape: [3, 3], strides: [1, 1], ...same } },
    { op: 'MaxPool', inputs: ['x'], outputs: ['p1'], attributes: { kernel_shape: [1, 2], strides: [1, 1] } },
    { op: 'Concat', inputs: ['p1', 'p0'], outputs: ['k'], attributes: { axis: -1 } },
    { op: 'Sigmoid', inputs: ['k'], outputs: ['q'] },
    { op: 'Add', inputs: ['q', 'q'], outputs: ['s'] },
    ...conv(0, 's'),
    { op: 'GlobalAveragePool', inputs: ['r0'], outputs: ['m'] },
    { op: 'Squeeze', inputs: ['m', 'axes'], outputs: ['y'] },
  ],
  constants: { ...parameters(0, [4, 3, 1, 1], seed), axes: { shape: [2], data: [2, 3] } },
  inputs: { x: [1, 3, 5, 6] },
  outputs: ['y'],
});

const NETWORKS = { residual, keras, pooled };

async function floatAgrees(t: ExecutionContext, { channelsLast, ...spec }: Network, seed: number): Promise<void> {
  const bytes = buildOnnx(spec);
  const graph = importOnnx(bytes, 'network');
  const session = await InferenceSession.create(bytes);
  const shape = spec.inputs.x as number[];
  const values = randomValues(elements(shape), seed);
  const { y } = await session.run({ x: new Tensor('float32', values, shape) });
  const ours = runFloat(graph, [channelsLast ? values : toNhwc(values, shape[1])])[graph.outputs[0]];
  t.is(ours.length, y.data.length);
  for (const [i, value] of (y.data as Float32Array).entries()) {
    t.true(Math.abs(ours[i] - value) <= 1e-4 * Math.max(1, Math.abs(value)), `${ours[i]} for ${value}`);
  }
}

/** Power of the outputs of the float graph, and of the differences of wasm3's and LiteRT's int8 outputs from them. */
async function int8Noise(
  t: ExecutionContext,
  { channelsLast: _, ...spec }: Network,
  seed: number,
): Promise<{ signal: number; noise: number[] }> {
  const float = importOnnx(buildOnnx(spec), 'network');
  const records = bytesFor(float, 16, seed);
  const { graph } = quantizeWithSamples(float, records, [INPUT]);
  const file = writeTflite(graph);
  const wasm3 = openRunner(graph, compile(importTflite(file)), 'wasm3');
  const liteRt = await openLiteRt(file);
  const output = perTensor(graph.tensors[graph.outputs[0]]);
  let signal = 0;
  const noise = [0, 0];
  for (const [bytes] of records) {
    const real = runFloat(float, [realValues(bytes, INPUT)])[float.outputs[0]];
    const [ours] = wasm3.run([bytes]);
    t.deepEqual(ours, runReference(graph, [bytes])[0]);
    const [theirs] = (await liteRt([bytes])).values();
    real.forEach((value, i) => {
      signal += value ** 2;
      for (const [k, answer] of [ours, theirs].entries()) noise[k] += (realValues(answer, output)[i] - value) ** 2;
    });
  }
  return { signal, noise };
}

for (const [name, make] of Object.entries(NETWORKS)) {
  test(`${name}: the float graph computes what ONNX Runtime does`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 20 }), (seed) => floatAgrees(t, make(seed), seed)),
      { numRuns: 10 },
    );
  });

  test(`${name}: int8 in wasm3 within quantisation noise, reference and LiteRT with it`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 20 }), async (seed) => {
        const { signal, noise } = await int8Noise(t, make(seed), seed);
        t.true(
          Math.max(...noise) <= signal / 100,
          `seed ${seed}: noise of wasm3 and LiteRT ${noise}, signal ${signal}`,
        );
      }),
      { numRuns: 6 },
    );
  });
}

test('what MaxPool, Add, Concat, MatMul and Transpose cannot be is refused with the node and its tensor', (t) => {
  const one = (node: Partial<NodeSpec>, constants: ModelSpec['constants'] = {}, more: NodeSpec[] = []): ModelSpec => ({
    nodes: [...more, { op: 'MaxPool', inputs: ['x'], outputs: ['y'], ...node }],
    constants,
    inputs: { x: [1, 3, 6, 6] },
    outputs: ['y'],
  });
  const window = { kernel_shape: [3, 3], strides: [2, 2] };
  const wrong: [ModelSpec, RegExp][] = [
    [one({ attributes: { ...window, pads: [1, 1, 1, 1] } }), /node 0 \(MaxPool\).*paddings 1,1,1,1.*below 0/],
    [one({ attributes: { ...window, dilations: [2, 2] } }), /dilations/],
    [one({ outputs: ['y', 'indices'], attributes: window }), /indices/],
    [one({ op: 'Add', inputs: ['x', 'c'] }, { c: list(3, 1) }), /node 0 \(Add\).*shapes \[1,6,6,3\] and \[1,1,3,1\]/],
    [
      one({ op: 'Add', inputs: ['x', 'p'] }, {}, [
        { op: 'MaxPool', inputs: ['x'], outputs: ['p'], attributes: window },
      ]),
      /shapes/,
    ],
    [one({ op: 'Concat', inputs: ['x', 'x'], attributes: { axis: 0 } }), /axis 0/],
    [one({ op: 'MatMul', inputs: ['x', 'c'] }, { c: filter([6, 2], 1) }), /4 dimensions.*2/],
    [one({ op: 'Transpose', attributes: { perm: [0, 2, 1, 3] } }), /perm 0,2,1,3/],
  ];
  for (const [spec, message] of wrong) {
    const error = t.throws(() => importOnnx(buildOnnx(spec), 'wrong'));
    t.like(error, { code: 'MODEL_UNSUPPORTED' });
    t.regex(error!.message, message);
  }
});

test('channels last: layers that need channels first say so', (t) => {
  const spec: ModelSpec = {
    nodes: [
      { op: 'Relu', inputs: ['x'], outputs: ['r'] },
      { op: 'Transpose', inputs: ['r'], outputs: ['t'], attributes: { perm: [0, 2, 3, 1] } },
      { op: 'GlobalAveragePool', inputs: ['t'], outputs: ['y'] },
    ],
    inputs: { x: [1, 3, 6, 6] },
    outputs: ['y'],
  };
  t.regex(t.throws(() => importOnnx(buildOnnx(spec), 'wrong'))!.message, /node 2 \(GlobalAveragePool\).*channels last/);
});

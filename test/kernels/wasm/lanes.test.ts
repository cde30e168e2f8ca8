import test from 'ava';
import { validateGraph } from '../../../src/analysis/validate.js';
import { compile } from '../../../src/compile.js';
import { runReference } from '../../../src/engines/reference.js';
import { openSession } from '../../../src/engines/run.js';
import type { Activation, Graph, Quantization, Tensor } from '../../../src/graph/graph.js';
import {
  KIND_CONV,
  STEP_COLUMNS,
  STEP_GENERAL_REQUANTIZE,
  STEP_SPLIT_LANES,
  STEP_THREE_BY_THREE,
} from '../../../src/program/layout.js';
import { difference } from '../../difference.js';

interface Layer {
  depthwise?: boolean;
  dtype?: 'int8' | 'uint8';
  /** Input pixels. */
  size: readonly [height: number, width: number];
  stride?: number;
  /** Input channels; outputs of a depthwise layer too. */
  channels: number;
  outputs?: number;
  weight: (i: number) => number;
  weightZeroPoint?: number;
  /** Of the requantisation: input scale * weight scale / output scale. */
  multiplier: number;
  zeroPoint?: number;
  /** Of every output. */
  bias?: number;
  activation?: Activation;
}

function layer(options: Layer): Graph {
  const { depthwise = false, dtype = 'int8', size, stride = 1, channels, outputs = channels, weight } = options;
  const { weightZeroPoint = 0, multiplier, zeroPoint, bias = 0, activation = 'relu' } = options;
  const low = dtype === 'int8' ? -128 : 0;
  const quantization = (scale: number, at: number): Quantization => ({
    scale: [Math.fround(scale)],
    zeroPoint: [at],
    axis: depthwise ? 3 : 0,
  });
  const filter = depthwise ? [1, 3, 3, channels] : [outputs, 1, 1, channels];
  const data = Array.from({ length: filter.reduce((a, b) => a * b) }, (_, i) => weight(i));
  const output = [1, ...size.map((n) => Math.ceil(n / stride)), outputs];
  const tensors: Tensor[] = [
    { index: 0, name: 'input', shape: [1, ...size, channels], dtype, quantization: quantization(1, low + 1) },
    {
      index: 1,
      name: 'filter',
      shape: filter,
      dtype,
      quantization: quantization(multiplier, weightZeroPoint),
      data: (dtype === 'int8' ? Int8Array : Uint8Array).from(data),
    },
    { index: 2, name: 'output', shape: output, dtype, quantization: quantization(1, zeroPoint ?? low) },
    {
      index: 3,
      name: 'bias',
      shape: [outputs],
      dtype: 'int32',
      quantization: quantization(multiplier, 0),
      data: new Int32Array(outputs).fill(bias),
    },
  ];
  const common = { index: 0, inputs: [0, 1, 3], outputs: [2], activation, padding: 'same' } as const;
  const strides = { strideH: stride, strideW: stride };
  return validateGraph({
    name: 'layer',
    tensors,
    operators: [
      depthwise
        ? { op: 'DEPTHWISE_CONV_2D', depthMultiplier: 1, ...common, ...strides }
        : { op: 'CONV_2D', ...common, ...strides },
    ],
    inputs: [0],
    outputs: [2],
  });
}

/** Inputs that drive sums to their ends: all lowest, all highest, and the two by turns. */
function inputsOf(graph: Graph): Uint8Array[] {
  const { shape, dtype } = graph.tensors[0];
  const length = shape.reduce((a, b) => a * b);
  const [low, high] = dtype === 'int8' ? [0x80, 0x7f] : [0, 255];
  const patterns = [() => low, () => high, (i: number) => (i % 2 ? low : high), (i: number) => (i % 3 ? high : low)];
  return patterns.map((pattern) => Uint8Array.from({ length }, (_, i) => pattern(i)));
}

/** Both wasm engines, with rows in blocks and one by one, against the readable kernels; returns the flags of the layer. */
function flagsAfterCheck(options: Layer): number {
  const graph = layer(options);
  const expected = inputsOf(graph).map((input) => ({ input, output: runReference(graph, [input])[0] }));
  // Dead channels would leave nothing of some of these layers.
  const plans = (['fast', 'min'] as const).map((memory) => compile(graph, { deadChannels: false, memory }));
  for (const { blob } of plans) {
    for (const engine of ['node', 'wasm3'] as const) {
      const session = openSession(blob, engine);
      for (const { input, output } of expected) {
        const result = difference(session.run([input])[0], output);
        if (result !== 'equal') throw new Error(`${engine}: ${result}: ${JSON.stringify(options)}`);
      }
    }
  }
  return plans[0].program.steps.find((step) => step.weights)!.flags;
}

const INT8 = [
  () => -128,
  () => -127,
  () => 127,
  (i: number) => (i % 2 ? 127 : -128),
  (i: number) => (i % 2 ? -127 : 127),
];

/** Whether accumulator + bias of every output lies in [-2^20, 2^20): the input's zero point is -127, its values -128 to 127. */
function lanesCanClamp(channels: number, outputs: number, weight: (i: number) => number): boolean {
  return Array.from({ length: outputs }, (_, o) => {
    const weights = Array.from({ length: channels }, (_, i) => weight(o * channels + i));
    const end = (positive: number, negative: number) =>
      weights.reduce((sum, w) => sum + w * (127 + (w > 0 ? positive : negative)), 0);
    return end(127, -128) < 2 ** 20 && end(-128, 127) >= -(2 ** 20);
  }).every(Boolean);
}

test('sums of a whole chunk of K at the ends of their lanes', (t) => {
  const fast = new Set<number>();
  for (const weight of INT8) {
    for (const channels of [8, 31, 32, 33, 56, 63, 64, 65, 128]) {
      // The multiplier brings the largest sum to about 255.
      const multiplier = 1 / (channels * 128);
      const flags = flagsAfterCheck({ size: [2, 13], channels, outputs: 5, weight, multiplier });
      const canClamp = lanesCanClamp(channels, 5, weight);
      t.is((flags & STEP_GENERAL_REQUANTIZE) === 0, canClamp, `${channels} weights like ${weight(1)}`);
      if (flags & STEP_SPLIT_LANES) t.false(canClamp);
      if (canClamp) fast.add(channels);
    }
  }
  // All weights of one sign reach the end at half as many inputs as weights of both.
  t.deepEqual(
    [...fast].sort((a, b) => a - b),
    [8, 31, 32, 33, 56, 63, 64],
  );
});

test('a clamp anywhere in the lane: ranges of one step to ranges that no sum reaches', (t) => {
  const weight = (i: number) => (i % 2 ? 127 : -128);
  for (const multiplier of [0.49, 0.01, 1 / 4080, 2 ** -13, 2 ** -16, 2 ** -20]) {
    for (const zeroPoint of [-128, 0, 126]) {
      const conv = { size: [2, 13], channels: 48, outputs: 4, weight, multiplier, zeroPoint } as const;
      const depthwise = { depthwise: true, size: [5, 6], channels: 4, weight, multiplier, zeroPoint } as const;
      t.is(flagsAfterCheck(conv), 0);
      t.is(flagsAfterCheck(depthwise), STEP_COLUMNS | STEP_THREE_BY_THREE);
      t.is(flagsAfterCheck({ ...depthwise, stride: 2 }), STEP_COLUMNS | STEP_THREE_BY_THREE);
    }
  }
});

test('uint8 layers: weights of 255 less a zero point of 0, and the other way round', (t) => {
  for (const [weightZeroPoint, weight] of [
    [0, () => 255],
    [255, () => 0],
    [128, (i: number) => (i % 2 ? 0 : 255)],
  ] as const) {
    for (const channels of [8, 32, 33, 64]) {
      const multiplier = 1 / (channels * 256);
      flagsAfterCheck({ dtype: 'uint8', size: [1, 13], channels, outputs: 5, weight, weightZeroPoint, multiplier });
    }
  }
  t.pass();
});

test('the columns of a depthwise layer, strides 1 and 2, whatever is left of three rows', (t) => {
  const cases = [...INT8.map((weight) => ({ weight, weightZeroPoint: 0, dtype: 'int8' as const }))];
  const uint8 = [
    { weight: () => 255, weightZeroPoint: 0, dtype: 'uint8' as const },
    { weight: () => 0, weightZeroPoint: 255, dtype: 'uint8' as const },
  ];
  for (const stride of [1, 2]) {
    for (const size of [
      [2, 2],
      [3, 5],
      [4, 4],
      [7, 6],
      [8, 9],
    ] as const) {
      for (const choice of [...cases, ...uint8]) {
        const flags = flagsAfterCheck({ depthwise: true, size, stride, channels: 3, multiplier: 1 / 1152, ...choice });
        t.is(flags, STEP_COLUMNS | STEP_THREE_BY_THREE);
      }
    }
  }
});

test('no shift and left shifts go the general way and are right', (t) => {
  const weight = (i: number) => (i % 3) - 1;
  for (const multiplier of [0.75, 1, 3, 200, 2 ** 20]) {
    for (const depthwise of [false, true]) {
      const flags = flagsAfterCheck({ depthwise, size: [3, 5], channels: 4, weight, multiplier });
      t.is(flags, STEP_GENERAL_REQUANTIZE | (depthwise ? STEP_THREE_BY_THREE : 0), `multiplier ${multiplier}`);
    }
  }
});

test('right shifts beyond 24 make constants of outputs, which go the fast way', (t) => {
  const weight = (i: number) => (i % 3) - 1;
  for (const multiplier of [2 ** -31, 2 ** -27, 1.5 * 2 ** -26]) {
    const conv = flagsAfterCheck({ size: [3, 5], channels: 4, weight, multiplier });
    const depthwise = flagsAfterCheck({ depthwise: true, size: [3, 5], channels: 4, weight, multiplier });
    t.deepEqual([conv, depthwise], [0, STEP_COLUMNS | STEP_THREE_BY_THREE], `multiplier ${multiplier}`);
  }
});

test('channels whose biases no lane holds', (t) => {
  const weight = (i: number) => ((i * 37) % 255) - 127;
  for (const bias of [2 ** 19 - 1, 2 ** 19 + 1, 2 ** 21, 2 ** 25, 2 ** 29 - 2 ** 20, -(2 ** 19), -(2 ** 25)]) {
    // Near the middle of the outputs, and near where the next one begins.
    for (const output of [100, 100.499, 100.501]) {
      const multiplier = output / Math.abs(bias);
      const layers = { weight, multiplier, bias, channels: 4 };
      t.is(flagsAfterCheck({ depthwise: true, size: [5, 6], ...layers }), STEP_COLUMNS | STEP_THREE_BY_THREE);
      flagsAfterCheck({ depthwise: true, size: [5, 6], stride: 2, ...layers });
      flagsAfterCheck({ size: [3, 5], ...layers });
    }
  }
});

test('the ends of the fast way: a right shift of 1 and of 24', (t) => {
  const weight = (i: number) => (i % 3) - 1;
  for (const multiplier of [0.49, 0.25, 0.6 * 2 ** -24, 2 ** -25]) {
    const conv = flagsAfterCheck({ size: [3, 5], channels: 4, weight, multiplier });
    const depthwise = flagsAfterCheck({ depthwise: true, size: [3, 5], channels: 4, weight, multiplier });
    t.deepEqual([conv, depthwise], [0, STEP_COLUMNS | STEP_THREE_BY_THREE], `multiplier ${multiplier}`);
  }
});

test('a lower clamp below the zero point goes the general way: ties are rounded away from zero', (t) => {
  const weight = (i: number) => (i % 5) - 2;
  const options = { size: [3, 5], channels: 8, weight, multiplier: 0.125, zeroPoint: 3 } as const;
  t.is(flagsAfterCheck({ ...options, activation: 'none' }), STEP_GENERAL_REQUANTIZE);
  t.is(flagsAfterCheck({ ...options, activation: 'relu' }), 0);
  t.is(flagsAfterCheck({ ...options, activation: 'relu6' }), 0);
});

test('groups of every number of pixels, over one row and over several', (t) => {
  const weight = (i: number) => ((i * 37) % 255) - 127;
  for (let pixels = 1; pixels <= 25; pixels++) {
    flagsAfterCheck({ size: [1, pixels], channels: 9, outputs: 3, weight, multiplier: 0.002 });
    flagsAfterCheck({ size: [pixels, 1], channels: 13, outputs: 2, weight, multiplier: 0.002 });
  }
  t.is(compile(layer({ size: [5, 5], channels: 8, weight, multiplier: 0.01 })).program.steps[0].kind, KIND_CONV);
});

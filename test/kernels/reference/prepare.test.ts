import test from 'ava';
import fc from 'fast-check';
import type { DType, OperatorOf } from '../../../src/graph/graph.js';
import { quantizeMultiplier } from '../../../src/kernels/reference/fixedpoint.js';
import {
  activationClamp,
  addParameters,
  convParameters,
  fullyConnectedParameters,
  padBefore,
  sumParameters,
} from '../../../src/kernels/reference/prepare.js';
import { place } from '../../../src/operators/definition.js';
import { reduceShape } from '../../../src/operators/reduce.js';
import { only, tinyGraph } from './tiny.js';

// Three scales whose product in float32 gives another multiplier than their product in double.
const INPUT = Math.fround(0.1);
const WEIGHTS = Math.fround(0.3);
const OUTPUT = Math.fround(0.7);
const inDouble = quantizeMultiplier((INPUT * WEIGHTS) / OUTPUT);
const inFloat = quantizeMultiplier(Math.fround(INPUT * WEIGHTS) / OUTPUT);

function convMultiplier(dtype: DType) {
  const graph = tinyGraph(
    { op: 'CONV_2D', activation: 'none', padding: 'valid', strideH: 1, strideW: 1 },
    [
      { shape: [1, 1, 1, 1], dtype, scale: INPUT },
      { shape: [1, 1, 1, 1], dtype, scale: WEIGHTS, data: [1] },
    ],
    { shape: [1, 1, 1, 1], dtype, scale: OUTPUT },
  );
  const p = convParameters(graph, only<OperatorOf<'CONV_2D'>>(graph));
  return { multiplier: p.multiplier[0], shift: p.shift[0] };
}

function fullyConnectedMultiplier(scale: number | number[]) {
  const graph = tinyGraph(
    { op: 'FULLY_CONNECTED', activation: 'none' },
    [
      { shape: [1, 1], scale: INPUT },
      { shape: [2, 1], scale, data: [1, 1] },
    ],
    { shape: [1, 2], scale: OUTPUT },
  );
  const p = fullyConnectedParameters(graph, only<OperatorOf<'FULLY_CONNECTED'>>(graph));
  return { multiplier: p.multiplier[1], shift: p.shift[1] };
}

test('the product of scales is a double one in int8 convolutions, a float32 one in uint8 ones', (t) => {
  t.notDeepEqual(inDouble, inFloat);
  t.deepEqual(convMultiplier('int8'), inDouble);
  t.deepEqual(convMultiplier('uint8'), inFloat);
});

test('the product of scales is a float32 one in fully connected layers with one scale', (t) => {
  t.deepEqual(fullyConnectedMultiplier(WEIGHTS), inFloat);
  t.deepEqual(fullyConnectedMultiplier([WEIGHTS, WEIGHTS]), inDouble);
});

test('activation bounds are quantised in float32, halves away from zero', (t) => {
  const tensor = (scale: number, zeroPoint: number, dtype: DType = 'int8') => ({
    index: 0,
    name: '',
    shape: [],
    dtype,
    quantization: { scale: [Math.fround(scale)], zeroPoint: [zeroPoint], axis: 0 },
  });
  t.deepEqual(activationClamp(tensor(0.1, 3), 'none'), { clampLow: -128, clampHigh: 127 });
  t.deepEqual(activationClamp(tensor(0.1, 3), 'relu'), { clampLow: 3, clampHigh: 127 });
  t.deepEqual(activationClamp(tensor(0.1, 3), 'relu6'), { clampLow: 3, clampHigh: 63 });
  t.deepEqual(activationClamp(tensor(0.1, 90), 'relu6'), { clampLow: 90, clampHigh: 127 });
  // 1 / 0.4 = 2.5 in float32, where the double quotient of the float32 scale is just below
  t.deepEqual(activationClamp(tensor(0.4, 0), 'relu_n1_to_1'), { clampLow: -3, clampHigh: 3 });
  t.true(1 / Math.fround(0.4) < 2.5);
  t.deepEqual(activationClamp(tensor(0.1, 0, 'uint8'), 'none'), { clampLow: 0, clampHigh: 255 });
});

test('SAME padding never puts more before than behind, and the last window ends inside the padding', (t) => {
  const size = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 }), (input, kernel, stride) => {
      const output = Math.ceil(input / stride);
      const before = padBefore(input, output, kernel, stride);
      const total = Math.max(0, (output - 1) * stride + kernel - input);
      return before >= 0 && (total - before === before || total - before === before + 1);
    }),
  );
  t.is(padBefore(96, 48, 3, 2), 0);
  t.is(padBefore(49, 25, 10, 2), 4);
});

test('ADD scales both inputs to twice the larger scale, 20 bits up', (t) => {
  const graph = tinyGraph(
    { op: 'ADD', activation: 'none' },
    [
      { shape: [1, 1], scale: 0.5 },
      { shape: [1, 1], scale: 0.25 },
    ],
    { shape: [1, 1], scale: 1 },
  );
  const p = addParameters(graph, only<OperatorOf<'ADD'>>(graph));
  t.deepEqual(
    [p.input1, p.input2, p.output],
    [0.5, 0.25, 2 ** -20].map((real) => quantizeMultiplier(real)),
  );
});

test('MEAN keeps the bits of its multiplier', (t) => {
  const graph = tinyGraph(
    { op: 'MEAN', keepDims: false },
    [
      { shape: [1, 3, 3, 1], scale: 1 },
      { shape: [2], dtype: 'int32', data: [1, 2] },
    ],
    { shape: [1, 1], scale: 1 },
  );
  const [operator] = graph.operators;
  const p = sumParameters(graph, operator, reduceShape(place(graph, operator)), 9);
  // 1 is 2^30 with shift 1; of 9 pixels log2 is 3: floor(2^33 / 9), shift 1 - 3
  t.deepEqual([p.multiplier, p.shift], [954437176, -2]);
});

test('a filter that does not fit its input is refused, with operator and tensor', (t) => {
  const graph = tinyGraph(
    { op: 'CONV_2D', activation: 'none', padding: 'valid', strideH: 1, strideW: 1 },
    [
      { shape: [1, 1, 1, 2], scale: 1 },
      { shape: [1, 1, 1, 1], scale: 1, data: [1] },
    ],
    { shape: [1, 1, 1, 1], scale: 1 },
  );
  t.throws(() => convParameters(graph, only<OperatorOf<'CONV_2D'>>(graph)), {
    code: 'MODEL_UNSUPPORTED',
    message: /operator 0 \(CONV_2D\), tensor 1 "t1".*\[1,1,1,2\]/,
  });
});

import test from 'ava';
import type { TinyTensor } from './tiny.js';
import { runTiny, tinyGraph } from './tiny.js';

const depthwise = (input: TinyTensor, filter: TinyTensor, output: TinyTensor, depthMultiplier: number, same = false) =>
  tinyGraph(
    {
      op: 'DEPTHWISE_CONV_2D',
      activation: 'none',
      padding: same ? 'same' : 'valid',
      strideH: 1,
      strideW: 1,
      depthMultiplier,
    },
    [input, filter],
    output,
  );

test('every channel is filtered alone', (t) => {
  const filter = { shape: [1, 2, 1, 2], scale: 1, data: [1, 10, 2, 20] };
  const graph = depthwise({ shape: [1, 2, 1, 2], scale: 1 }, filter, { shape: [1, 1, 1, 2], scale: 1 }, 1);
  // channel 0: 3*1 + 5*2; channel 1: 4*10 + (-2)*20
  t.deepEqual(runTiny(graph, [[3, 4, 5, -2]]), [13, 0]);
});

test('a depth multiplier of 2 gives two outputs per input channel, side by side', (t) => {
  const filter = { shape: [1, 1, 1, 4], scale: 1, data: [1, 2, 3, 4] };
  const graph = depthwise({ shape: [1, 1, 1, 2], scale: 1 }, filter, { shape: [1, 1, 1, 4], scale: 1 }, 2);
  t.deepEqual(runTiny(graph, [[10, 20]]), [10, 20, 60, 80]);
});

test('SAME padding of a 3x3 window adds nothing at the border', (t) => {
  const filter = { shape: [1, 3, 3, 1], scale: 1, data: Array(9).fill(1) };
  const input = { shape: [1, 3, 3, 1], scale: 1, zeroPoint: 10 };
  const graph = depthwise(input, filter, { shape: [1, 3, 3, 1], scale: 1 }, 1, true);
  t.deepEqual(runTiny(graph, [Array(9).fill(11)]), [4, 6, 4, 6, 9, 6, 4, 6, 4]);
});

test('legacy uint8 subtracts the zero point of the weights', (t) => {
  const filter: TinyTensor = { shape: [1, 1, 1, 2], dtype: 'uint8', scale: 1, zeroPoint: 100, data: [98, 105] };
  const input: TinyTensor = { shape: [1, 1, 1, 2], dtype: 'uint8', scale: 1, zeroPoint: 50 };
  const graph = depthwise(input, filter, { shape: [1, 1, 1, 2], dtype: 'uint8', scale: 1, zeroPoint: 30 }, 1);
  t.deepEqual(runTiny(graph, [[60, 53]]), [30 - 20, 30 + 15]);
});

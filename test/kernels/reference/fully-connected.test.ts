import test from 'ava';
import type { TinyTensor } from './tiny.js';
import { runTiny, tinyGraph } from './tiny.js';

const fullyConnected = (input: TinyTensor, filter: TinyTensor, bias: number[], output: TinyTensor) =>
  tinyGraph(
    { op: 'FULLY_CONNECTED', activation: 'none' },
    [input, filter, { shape: [bias.length], dtype: 'int32', data: bias }],
    output,
  );

test('every output is a row of weights times the flattened input, plus the bias', (t) => {
  const filter = { shape: [2, 3], scale: 1, data: [1, 2, 3, -1, 0, 1] };
  const input = { shape: [1, 1, 3, 1], scale: 1, zeroPoint: 1 };
  const graph = fullyConnected(input, filter, [5, -5], { shape: [1, 2], scale: 1, zeroPoint: 2 });
  // input minus zero point is [1, 2, 3]
  t.deepEqual(runTiny(graph, [[2, 3, 4]]), [14 + 5 + 2, 2 - 5 + 2]);
});

test('weights may have one scale per output', (t) => {
  const filter = { shape: [2, 1], scale: [1, 0.25], data: [8, 8] };
  const graph = fullyConnected({ shape: [1, 1], scale: 1 }, filter, [0, 0], { shape: [1, 2], scale: 1 });
  t.deepEqual(runTiny(graph, [[5]]), [40, 10]);
});

test('legacy uint8 subtracts the zero point of the weights', (t) => {
  const filter: TinyTensor = { shape: [1, 2], dtype: 'uint8', scale: 1, zeroPoint: 4, data: [5, 2] };
  const input: TinyTensor = { shape: [1, 2], dtype: 'uint8', scale: 1, zeroPoint: 7 };
  const graph = fullyConnected(input, filter, [0], { shape: [1, 1], dtype: 'uint8', scale: 1, zeroPoint: 100 });
  t.deepEqual(runTiny(graph, [[10, 12]]), [100 + 3 - 10]);
});

test('an input of several rows gives several rows', (t) => {
  const filter = { shape: [1, 2], scale: 1, data: [1, 10] };
  const graph = fullyConnected({ shape: [2, 2], scale: 1 }, filter, [0], { shape: [2, 1], scale: 1 });
  t.deepEqual(runTiny(graph, [[1, 2, 3, 4]]), [21, 43]);
});

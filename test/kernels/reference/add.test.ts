import test from 'ava';
import type { TinyTensor } from './tiny.js';
import { runTiny, tinyGraph } from './tiny.js';

const add = (a: Partial<TinyTensor>, b: Partial<TinyTensor>, output: Partial<TinyTensor>, n: number) =>
  tinyGraph(
    { op: 'ADD', activation: 'none' },
    [
      { shape: [1, n], ...a },
      { shape: [1, n], ...b },
    ],
    {
      shape: [1, n],
      ...output,
    },
  );

test('inputs of different scales are brought together', (t) => {
  const graph = add({ scale: 0.5, zeroPoint: 1 }, { scale: 2, zeroPoint: -1 }, { scale: 1, zeroPoint: 3 }, 3);
  // (11 - 1) * 0.5 + (4 + 1) * 2 + 3
  t.deepEqual(
    runTiny(graph, [
      [11, 1, -9],
      [4, -1, -6],
    ]),
    [18, 3, -12],
  );
});

test('sums are clamped', (t) => {
  t.deepEqual(
    runTiny(add({ scale: 1 }, { scale: 1 }, { scale: 1 }, 2), [
      [100, -100],
      [100, -100],
    ]),
    [127, -128],
  );
});

test('uint8', (t) => {
  const graph = add(
    { dtype: 'uint8', scale: 1, zeroPoint: 128 },
    { dtype: 'uint8', scale: 1, zeroPoint: 10 },
    { dtype: 'uint8', scale: 1, zeroPoint: 100 },
    2,
  );
  t.deepEqual(
    runTiny(graph, [
      [120, 255],
      [13, 255],
    ]),
    [95, 255],
  );
});

test('an operand of one value is added to all', (t) => {
  const graph = add({ scale: 1 }, { scale: 1, shape: [1, 1] }, { scale: 1 }, 2);
  t.deepEqual(runTiny(graph, [[1, 2], [3]]), [4, 5]);
});

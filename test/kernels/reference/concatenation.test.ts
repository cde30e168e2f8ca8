import test from 'ava';
import type { TinyTensor } from './tiny.js';
import { runTiny, tinyGraph } from './tiny.js';

const concatenation = (a: TinyTensor, b: TinyTensor, output: TinyTensor, axis: number) =>
  tinyGraph({ op: 'CONCATENATION', axis, activation: 'none' }, [a, b], output);

test('along the channels, pixel by pixel', (t) => {
  const a = { shape: [1, 2, 1, 2], scale: 1 };
  const b = { shape: [1, 2, 1, 1], scale: 1 };
  for (const axis of [3, -1]) {
    const graph = concatenation(a, b, { shape: [1, 2, 1, 3], scale: 1 }, axis);
    t.deepEqual(
      runTiny(graph, [
        [1, 2, 3, -4],
        [5, 6],
      ]),
      [1, 2, 5, 3, -4, 6],
    );
  }
});

test('along the height', (t) => {
  const a = { shape: [1, 1, 1, 2], scale: 1 };
  const graph = concatenation(a, a, { shape: [1, 2, 1, 2], scale: 1 }, 1);
  t.deepEqual(
    runTiny(graph, [
      [1, 2],
      [3, 4],
    ]),
    [1, 2, 3, 4],
  );
});

test('uint8 inputs are rescaled to the output', (t) => {
  const a: TinyTensor = { shape: [1, 2], dtype: 'uint8', scale: 1, zeroPoint: 0 };
  const b: TinyTensor = { shape: [1, 3], dtype: 'uint8', scale: 0.5, zeroPoint: 100 };
  const graph = concatenation(a, b, { shape: [1, 5], dtype: 'uint8', scale: 1, zeroPoint: 0 }, 1);
  // (101 - 100) * 0.5 = 0.5 -> 1; below 0 is clamped
  t.deepEqual(
    runTiny(graph, [
      [7, 255],
      [102, 101, 0],
    ]),
    [7, 255, 1, 1, 0],
  );
});

test('int8 inputs that are quantised otherwise are requantised', (t) => {
  const a = { shape: [1, 2], scale: 0.5, zeroPoint: 10 };
  const graph = concatenation(a, { shape: [1, 1], scale: 1 }, { shape: [1, 3], scale: 1 }, 1);
  t.deepEqual(runTiny(graph, [[20, 0], [9]]), [5, -5, 9]);
});

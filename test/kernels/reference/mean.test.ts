import test from 'ava';
import { runTiny, tinyGraph } from './tiny.js';

const mean = (height: number, width: number, channels: number, outScale: number, keepDims = false, zeroPoint = 0) =>
  tinyGraph(
    { op: 'MEAN', keepDims },
    [
      { shape: [1, height, width, channels], scale: 1, zeroPoint },
      { shape: [2], dtype: 'int32', data: [1, 2] },
    ],
    { shape: keepDims ? [1, 1, 1, channels] : [1, channels], scale: outScale },
  );

test('the mean of each channel over height and width', (t) => {
  t.deepEqual(runTiny(mean(2, 2, 2, 1), [[1, 10, 2, 20, 3, 30, 6, 60]]), [3, 30]);
});

test('keep_dims changes nothing but the shape', (t) => {
  t.deepEqual(runTiny(mean(2, 2, 2, 1, true), [[1, 10, 2, 20, 3, 30, 6, 60]]), [3, 30]);
});

test('the division is part of the multiplier', (t) => {
  // 20 / 3 / 0.5 = 13.3; zero point -2 of the input adds 2 / 0.5.
  t.deepEqual(runTiny(mean(1, 3, 1, 0.5), [[5, 7, 8]]), [13]);
  t.deepEqual(runTiny(mean(1, 3, 1, 0.5, false, -2), [[5, 7, 8]]), [17]);
});

test('any axes, and sums and extremes of them', (t) => {
  const over = (op: 'MEAN' | 'SUM' | 'REDUCE_MAX' | 'REDUCE_MIN', axes: number[], shape: number[]) =>
    tinyGraph(
      { op, keepDims: false },
      [
        { shape: [1, 2, 2, 2], scale: 1 },
        { shape: [axes.length], dtype: 'int32', data: axes },
      ],
      { shape, scale: 1 },
    );
  const values = [1, 2, 3, 4, 5, 6, 7, 9];
  t.deepEqual(runTiny(over('MEAN', [3], [1, 2, 2]), [values]), [2, 4, 6, 8]);
  t.deepEqual(runTiny(over('SUM', [-1], [1, 2, 2]), [values]), [3, 7, 11, 16]);
  t.deepEqual(runTiny(over('SUM', [2, 3], [1, 2]), [values]), [10, 27]);
  t.deepEqual(runTiny(over('REDUCE_MAX', [1], [1, 2, 2]), [values]), [5, 6, 7, 9]);
  t.deepEqual(runTiny(over('REDUCE_MIN', [1, 3], [1, 2]), [values]), [1, 3]);
});

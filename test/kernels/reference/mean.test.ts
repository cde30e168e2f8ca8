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

test('axes other than height and width are refused', (t) => {
  const graph = tinyGraph(
    { op: 'MEAN', keepDims: false },
    [
      { shape: [1, 1, 2, 2], scale: 1 },
      { shape: [1], dtype: 'int32', data: [3] },
    ],
    { shape: [1, 2], scale: 1 },
  );
  t.throws(() => runTiny(graph, [[1, 2, 3, 4]]), { code: 'MODEL_UNSUPPORTED', message: /over axes \[3\]/ });
});

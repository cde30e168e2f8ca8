import test from 'ava';
import type { DType } from '../../../src/graph/graph.js';
import { runTiny, tinyGraph } from './tiny.js';

const pool = (
  op: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D',
  size: number,
  window: number,
  stride: number,
  dtype: DType = 'int8',
) => {
  const out = Math.ceil(size / stride);
  return tinyGraph(
    { op, activation: 'none', padding: 'same', strideH: stride, strideW: stride, filterH: window, filterW: window },
    [{ shape: [1, size, size, 1], dtype, scale: 1 }],
    { shape: [1, out, out, 1], dtype, scale: 1 },
  );
};

test('the average rounds halves away from zero', (t) => {
  const graph = pool('AVERAGE_POOL_2D', 2, 2, 2);
  t.deepEqual(runTiny(graph, [[1, 2, 3, 4]]), [3]);
  t.deepEqual(runTiny(graph, [[-1, -2, -3, -4]]), [-3]);
  t.deepEqual(runTiny(graph, [[-1, -2, -3, -3]]), [-2]);
});

test('the average counts only what lies inside the input', (t) => {
  const graph = pool('AVERAGE_POOL_2D', 3, 3, 1);
  t.deepEqual(runTiny(graph, [[9, 0, 0, 0, 0, 0, 0, 0, 0]]), [2, 2, 0, 2, 1, 0, 0, 0, 0]);
});

test('the average of uint8', (t) => {
  t.deepEqual(runTiny(pool('AVERAGE_POOL_2D', 2, 2, 2, 'uint8'), [[255, 255, 255, 253]]), [255]);
  t.deepEqual(runTiny(pool('AVERAGE_POOL_2D', 2, 2, 2, 'uint8'), [[0, 0, 0, 1]]), [0]);
});

test('the maximum of every window', (t) => {
  const graph = pool('MAX_POOL_2D', 4, 2, 2);
  t.deepEqual(runTiny(graph, [[1, 2, -8, -7, 3, 0, -6, -9, 5, 5, 7, 0, 5, 5, 0, 6]]), [3, -6, 5, 7]);
});

test('a pool does not rescale', (t) => {
  const kind = {
    op: 'MAX_POOL_2D',
    activation: 'none',
    padding: 'valid',
    strideH: 1,
    strideW: 1,
    filterH: 1,
    filterW: 1,
  } as const;
  const graph = tinyGraph(kind, [{ shape: [1, 1, 1, 1], scale: 1 }], { shape: [1, 1, 1, 1], scale: 2 });
  t.throws(() => runTiny(graph, [[1]]), { code: 'MODEL_UNSUPPORTED', message: /operator 0 \(MAX_POOL_2D\)/ });
});

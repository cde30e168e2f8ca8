import test from 'ava';
import type { TinyTensor } from './tiny.js';
import { runTiny, tinyGraph } from './tiny.js';

const float = (n: number): TinyTensor => ({ shape: [1, n], dtype: 'float32' });

test('QUANTIZE rounds halves away from zero and clamps', (t) => {
  const graph = tinyGraph({ op: 'QUANTIZE' }, [float(6)], { shape: [1, 6], scale: 0.5, zeroPoint: 3 });
  t.deepEqual(runTiny(graph, [[0, 0.25, -0.25, 0.2, 1e6, -1e6]]), [3, 4, 2, 3, 127, -128]);
});

test('QUANTIZE takes what is not a number as 0', (t) => {
  const graph = tinyGraph({ op: 'QUANTIZE' }, [float(3)], { shape: [1, 3], dtype: 'uint8', scale: 1, zeroPoint: 7 });
  t.deepEqual(runTiny(graph, [[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]]), [7, 255, 0]);
});

test('DEQUANTIZE is scale * (value - zero point) in float32', (t) => {
  const graph = tinyGraph({ op: 'DEQUANTIZE' }, [{ shape: [1, 3], scale: 0.1, zeroPoint: -1 }], float(3));
  t.deepEqual(runTiny(graph, [[-1, 2, -128]]), [
    0,
    Math.fround(3 * Math.fround(0.1)),
    Math.fround(-127 * Math.fround(0.1)),
  ]);
});

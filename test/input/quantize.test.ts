import test from 'ava';
import { type InputPort, quantizeValues } from '../../src/input/quantize.js';

const port = (dtype: 'int8' | 'uint8', scale: number, zeroPoint: number): InputPort => ({
  shape: [1, 8, 8, 1],
  dtype,
  scale: Math.fround(scale),
  zeroPoint,
});
const signed = (bytes: Uint8Array): number[] => [...new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)];

test('quantising: halves away from zero, clamped, NaN is the zero point', (t) => {
  const values = Float32Array.of(0.25, -0.25, 0.75, -0.75, 1000, -1000, Number.NaN, Infinity, 0);
  t.deepEqual(signed(quantizeValues(values, port('int8', 0.5, 3))), [4, 2, 5, 1, 127, -128, 3, 127, 3]);
  t.deepEqual([...quantizeValues(values, port('uint8', 0.5, 128))], [129, 127, 130, 126, 255, 0, 128, 255, 128]);
});

import test from 'ava';
import { runTiny, tinyGraph } from './tiny.js';

const pad = (paddings: number[], outShape: number[]) =>
  tinyGraph(
    { op: 'PAD' },
    [
      { shape: [1, 1, 2, 2], scale: 1, zeroPoint: -9 },
      { shape: [4, 2], dtype: 'int32', data: paddings },
    ],
    { shape: outShape, scale: 1, zeroPoint: -9 },
  );

test('the border is the zero point', (t) => {
  const z = -9;
  const graph = pad([0, 0, 1, 0, 0, 1, 0, 0], [1, 2, 3, 2]);
  t.deepEqual(runTiny(graph, [[1, 2, 3, 4]]), [z, z, z, z, z, z, 1, 2, 3, 4, z, z]);
});

test('channels are padded too', (t) => {
  t.deepEqual(runTiny(pad([0, 0, 0, 0, 0, 0, 0, 1], [1, 1, 2, 3]), [[1, 2, 3, 4]]), [1, 2, -9, 3, 4, -9]);
});

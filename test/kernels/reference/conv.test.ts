import test from 'ava';
import type { TinyTensor } from './tiny.js';
import { runTiny, tinyGraph } from './tiny.js';

const conv = (input: TinyTensor, filter: TinyTensor, bias: number[], output: TinyTensor, same = false, stride = 1) =>
  tinyGraph(
    { op: 'CONV_2D', activation: 'none', padding: same ? 'same' : 'valid', strideH: stride, strideW: stride },
    [input, filter, { shape: [bias.length], dtype: 'int32', data: bias }],
    output,
  );

const square = { shape: [1, 3, 3, 1], scale: 1 };
const oneToNine = [1, 2, 3, 4, 5, 6, 7, 8, 9];

test('every window is a dot product plus the bias', (t) => {
  const filter = { shape: [1, 2, 2, 1], scale: 1, data: [1, 2, 3, 4] };
  const graph = conv(square, filter, [10], { shape: [1, 2, 2, 1], scale: 1 });
  // 1*1 + 2*2 + 4*3 + 5*4 + 10
  t.deepEqual(runTiny(graph, [oneToNine]), [47, 57, 77, 87]);
});

test('each output channel has its own scale, and halves round as gemmlowp rounds them', (t) => {
  const filter = { shape: [3, 2, 2, 1], scale: [1, 0.5, 0.5], data: [1, 2, 3, 4, 1, 2, 3, 4, -1, -2, -3, -4] };
  const graph = conv(square, filter, [0, 0, 0], { shape: [1, 2, 2, 3], scale: 1 });
  // 37 / 2 = 18.5 -> 19; -18.5 -> -18: the high multiplication rounds halves up.
  t.deepEqual(runTiny(graph, [oneToNine]).slice(0, 3), [37, 19, -18]);
});

test('SAME with stride 2 on an even size pads below and right only', (t) => {
  const filter = { shape: [1, 3, 3, 1], scale: 1, data: Array(9).fill(1) };
  const graph = conv({ shape: [1, 4, 4, 1], scale: 1 }, filter, [0], { shape: [1, 2, 2, 1], scale: 1 }, true, 2);
  t.deepEqual(runTiny(graph, [Array(16).fill(1)]), [9, 6, 6, 4]);
});

test('padding is the zero point of the input, which adds nothing', (t) => {
  const filter = { shape: [1, 3, 3, 1], scale: 1, data: Array(9).fill(1) };
  const input = { shape: [1, 1, 1, 1], scale: 1, zeroPoint: -100 };
  const graph = conv(input, filter, [0], { shape: [1, 1, 1, 1], scale: 1, zeroPoint: 5 }, true);
  t.deepEqual(runTiny(graph, [[-93]]), [7 + 5]);
});

test('channels of a pixel are summed', (t) => {
  const filter = { shape: [2, 1, 1, 3], scale: 1, data: [1, 10, 100, 1, 1, 1] };
  const graph = conv({ shape: [1, 1, 2, 3], scale: 1 }, filter, [0, 0], { shape: [1, 1, 2, 2], scale: 4 });
  // pixel [1, 2, 3]: 321 / 4 is rounded twice, 160.5 -> 161 and 80.5 -> 81; 6 / 4 = 1.5 -> 2
  t.deepEqual(runTiny(graph, [[1, 2, 3, 0, 0, -4]]), [81, 2, -100, -1]);
  t.is(runTiny(graph, [[1, 2, 3, 0, 0, -4]], 'single')[0], 80);
});

test('legacy uint8 has a zero point on the weights too', (t) => {
  const filter: TinyTensor = { shape: [1, 1, 1, 2], dtype: 'uint8', scale: 1, zeroPoint: 10, data: [13, 8] };
  const input: TinyTensor = { shape: [1, 1, 1, 2], dtype: 'uint8', scale: 1, zeroPoint: 128 };
  const graph = conv(input, filter, [1], { shape: [1, 1, 1, 1], dtype: 'uint8', scale: 1, zeroPoint: 3 });
  // (138 - 128) * 3 + (118 - 128) * -2 + 1 + 3
  t.deepEqual(runTiny(graph, [[138, 118]]), [54]);
});

test('outputs are clamped to the dtype and to the activation', (t) => {
  const filter = { shape: [1, 1, 1, 1], scale: 1, data: [100] };
  const run = (activation: 'none' | 'relu6', value: number) => {
    const kind = { op: 'CONV_2D', activation, padding: 'valid', strideH: 1, strideW: 1 } as const;
    const graph = tinyGraph(kind, [{ shape: [1, 1, 1, 1], scale: 1 }, filter], {
      shape: [1, 1, 1, 1],
      scale: 0.5,
      zeroPoint: -3,
    });
    return runTiny(graph, [[value]])[0];
  };
  t.deepEqual([run('none', 9), run('none', -9)], [127, -128]);
  // 6 / 0.5 - 3 = 9 and 0 / 0.5 - 3 = -3
  t.deepEqual([run('relu6', 9), run('relu6', -9)], [9, -3]);
});

import test from 'ava';
import type { DType } from '../../../src/graph/graph.js';
import { clampTable, logisticTable, quantizeTable } from '../../../src/kernels/reference/tables.js';
import type { TinyTensor } from './tiny.js';
import { only, runTiny, tinyGraph } from './tiny.js';

const unary = (
  op: 'LOGISTIC' | 'RELU' | 'RELU6' | 'QUANTIZE',
  input: Partial<TinyTensor>,
  output: Partial<TinyTensor>,
) => tinyGraph({ op }, [{ shape: [1, 4], ...input }], { shape: [1, 4], ...output });

test('a table is indexed by the raw byte and holds raw bytes', (t) => {
  const graph = unary('RELU', { scale: 1 }, { scale: 1 });
  const table = clampTable(graph.tensors[0], graph.tensors[1], [0, Infinity]);
  t.is(table.length, 256);
  t.deepEqual([table[0], table[5], table[127], table[128], table[255]], [0, 5, 127, 0, 0]);
});

test('RELU rescales', (t) => {
  const graph = unary('RELU', { scale: 1, zeroPoint: -10 }, { scale: 0.5, zeroPoint: -128 });
  t.deepEqual(runTiny(graph, [[-11, -10, -9, 127]]), [-128, -128, -126, 127]);
});

test('RELU6 stops at 6', (t) => {
  const graph = unary('RELU6', { scale: 0.5 }, { scale: 0.5 });
  t.deepEqual(runTiny(graph, [[-1, 3, 12, 13]]), [0, 3, 12, 12]);
});

test('QUANTIZE between int8 and uint8 flips the top bit where scales agree', (t) => {
  const graph = unary('QUANTIZE', { dtype: 'uint8', scale: 0.1, zeroPoint: 128 }, { scale: 0.1, zeroPoint: 0 });
  const table = quantizeTable(graph.tensors[0], graph.tensors[1]);
  t.true(table.every((byte, index) => byte === (index ^ 0x80)));
});

test('QUANTIZE rescales and clamps', (t) => {
  const graph = unary('QUANTIZE', { scale: 2, zeroPoint: 1 }, { scale: 1, zeroPoint: -1 });
  t.deepEqual(runTiny(graph, [[1, 2, -1, 100]]), [-1, 1, -5, 127]);
});

test('QUANTIZE by 1/4 shows which rounding is asked for', (t) => {
  const graph = unary('QUANTIZE', { scale: 1 }, { scale: 4 });
  // 1/4: rounded twice it is 1/2, then 1.
  t.deepEqual(runTiny(graph, [[1, -2, 2, 3]]), [1, -1, 1, 1]);
  t.deepEqual(runTiny(graph, [[1, -2, 2, 3]], 'single'), [0, 0, 1, 1]);
});

test('LOGISTIC is within 1 of the real one, 1/2 at the zero point, and saturates', (t) => {
  for (const dtype of ['int8', 'uint8'] as DType[]) {
    const low = dtype === 'int8' ? -128 : 0;
    const input = { dtype, scale: 0.1, zeroPoint: low + 130 };
    const graph = unary('LOGISTIC', input, { dtype, scale: 1 / 256, zeroPoint: low });
    const table = logisticTable(graph, only(graph));
    for (let i = 0; i < 256; i++) {
      const real = 256 / (1 + Math.exp(-Math.fround(0.1) * (i - 130)));
      const byte = (table[(low + i) & 255] ^ (low & 255)) & 255;
      t.true(Math.abs(byte - Math.min(255, real)) <= 1, `${dtype} ${i}: ${byte} for ${real}`);
    }
    t.is(table[(low + 130) & 255], (low + 128) & 255);
  }
});

/** Arithmetic on shapes that is constant with batch 1, as converters write it. */
import test from 'ava';
import { importTflite } from '../../../src/import/tflite/import.js';
import { STRIDED_SLICE_OPTIONS } from '../../../src/operators/strided-slice.js';
import { BUILTIN_OPERATORS } from '../../../src/tflite/schema.js';
import type { RawModel, RawOperator, RawTensor } from './raw.js';
import { rawTflite } from './raw.js';

const code = (name: string) => BUILTIN_OPERATORS.indexOf(name);
const INT32 = 2;
const INT64 = 4;
const int32 = (values: number[], shape = [values.length]): RawTensor => ({
  shape,
  type: INT32,
  data: new Uint8Array(Int32Array.from(values).buffer),
});
const int64 = (values: number[], shape = [values.length]): RawTensor => ({
  shape,
  type: INT64,
  data: new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer),
});

/**
 * A model that brings [1,2,3,4] into the shape that `chain` computes. Tensor 0 is the input, 1 the output, 2 the shape; the
 * chain's own tensors follow.
 */
function reshaped(
  tensors: RawTensor[],
  chain: RawOperator[],
  output = [1, 24],
  shape: RawTensor = { shape: [2], type: INT32 },
) {
  const activation = { scale: [0.5], zeroPoint: [3] };
  const model: RawModel = {
    tensors: [{ shape: [1, 2, 3, 4], ...activation }, { shape: output, ...activation }, shape, ...tensors],
    operators: [...chain, { code: code('RESHAPE'), inputs: [0, 2], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  };
  return rawTflite(model);
}

const folds = (bytes: Uint8Array) => {
  const graph = importTflite(bytes);
  return { ops: graph.operators.map(({ op }) => op), shape: [...(graph.tensors[2].data as Int32Array)] };
};

test("Keras's Reshape with an open batch: SHAPE, STRIDED_SLICE, PACK", (t) => {
  const slice: RawOperator = {
    code: code('STRIDED_SLICE'),
    inputs: [3, 4, 5, 5],
    outputs: [6],
    optionsType: 32,
    options: { [STRIDED_SLICE_OPTIONS.shrinkAxisMask]: { int32: 1 } },
  };
  const bytes = reshaped(
    [{ shape: [4], type: INT32 }, int32([0]), int32([1]), { shape: [], type: INT32 }, int32([24], [])],
    [{ code: code('SHAPE'), inputs: [0], outputs: [3] }, slice, { code: code('PACK'), inputs: [6, 7], outputs: [2] }],
  );
  t.deepEqual(folds(bytes), { ops: ['RESHAPE'], shape: [1, 24] });
});

test('a chain in int64: SHAPE, GATHER, REDUCE_PROD, CONCATENATION, CAST', (t) => {
  const bytes = reshaped(
    [
      { shape: [4], type: INT64 },
      int32([1, 2, 3]),
      { shape: [3], type: INT64 },
      int32([0]),
      { shape: [1], type: INT64 },
      int64([1]),
      { shape: [2], type: INT64 },
    ],
    [
      { code: code('SHAPE'), inputs: [0], outputs: [3] },
      { code: code('GATHER'), inputs: [3, 4], outputs: [5] },
      { code: code('REDUCE_PROD'), inputs: [5, 6], outputs: [7] },
      { code: code('CONCATENATION'), inputs: [8, 7], outputs: [9] },
      { code: code('CAST'), inputs: [9], outputs: [2] },
    ],
  );
  t.deepEqual(folds(bytes), { ops: ['RESHAPE'], shape: [1, 24] });
});

test('SLICE, negative ends and strides, MUL by a scalar', (t) => {
  const chain: RawOperator[] = [
    { code: code('SHAPE'), inputs: [0], outputs: [3] },
    { code: code('STRIDED_SLICE'), inputs: [3, 4, 5, 6], outputs: [7] },
    { code: code('SLICE'), inputs: [7, 8, 9], outputs: [10] },
    { code: code('MUL'), inputs: [10, 11], outputs: [2] },
  ];
  // [1,2,3,4] from the end backwards to before its first value: 4, 3, 2; of these the last two; times 2.
  const tensors = [
    { shape: [4], type: INT32 },
    int32([-1]),
    int32([0]),
    int32([-1]),
    { shape: [3], type: INT32 },
    int32([1]),
    int32([-1]),
    { shape: [2], type: INT32 },
    int32([2], []),
  ];
  t.deepEqual(folds(reshaped(tensors, chain, [6, 4])), { ops: ['RESHAPE'], shape: [6, 4] });
});

test('what depends on values of the model, or is more than a list, stays and is refused by its name', (t) => {
  const chains: [string, RawTensor[], RawOperator[]][] = [
    ['PACK', [{ shape: [2], type: INT32 }], [{ code: code('PACK'), inputs: [3, 3], outputs: [2] }]],
    ['GATHER', [int32([1, 24]), int32([0, 2])], [{ code: code('GATHER'), inputs: [3, 4], outputs: [2] }]],
    [
      'STRIDED_SLICE',
      [int32([1, 24]), int32([0])],
      [{ code: code('STRIDED_SLICE'), inputs: [3, 4, 4, 4], outputs: [2] }],
    ],
  ];
  for (const [name, tensors, chain] of chains) {
    t.throws(() => importTflite(reshaped(tensors, chain)), { message: new RegExp(`^operator 0 \\(${name}\\)`) });
  }
});

test('lists of int64 that stay are those of int32: an open end is the end of an axis', (t) => {
  const activation = { scale: [0.5], zeroPoint: [3] };
  const ends = [1, 2 ** 53, 4, 4];
  const lists = [[0, 1, 0, 0], ends, [1, 1, 2, 1]].map((list) => int64(list));
  const graph = importTflite(
    rawTflite({
      tensors: [{ shape: [1, 3, 4, 4], ...activation }, { shape: [1, 2, 2, 4], ...activation }, ...lists],
      operators: [{ code: code('STRIDED_SLICE'), inputs: [0, 2, 3, 4], outputs: [1] }],
      inputs: [0],
      outputs: [1],
    }),
  );
  t.deepEqual(graph.tensors[3].data, Int32Array.of(1, 2 ** 31 - 1, 4, 4));
});

import { deepStrictEqual } from 'node:assert';
import test, { type ExecutionContext } from 'ava';
import { Builder } from 'flatbuffers';
import { DepthwiseError } from '../../../src/errors.js';
import { writeTflite } from '../../../src/export/tflite/write.js';
import { importTflite } from '../../../src/import/tflite/import.js';
import { MODEL, OPERATOR, OPERATOR_CODE, SUBGRAPH, TENSOR } from '../../../src/tflite/schema.js';
import { int32Vector, table, tableVector } from '../../../src/tflite/write.js';
import { readFixture, withFixtures } from '../../fixtures.js';
import { randomGraph, seededRandom } from '../../graph/builder.js';

type Mutation = (bytes: Uint8Array, at: () => number, random: () => number) => Uint8Array;

const flipBit: Mutation = (bytes, at, random) => {
  bytes[at()] ^= 1 << Math.floor(random() * 8);
  return bytes;
};
const setByte: Mutation = (bytes, at, random) => {
  bytes[at()] = [0, 1, 0x7f, 0x80, 0xff][Math.floor(random() * 5)];
  return bytes;
};
const setWord: Mutation = (bytes, at, random) => {
  const word = at() & ~3;
  const values = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, bytes.length, Math.floor(random() * bytes.length)];
  if (word + 4 <= bytes.length) new DataView(bytes.buffer).setUint32(word, values[Math.floor(random() * 7)], true);
  return bytes;
};
const truncate: Mutation = (bytes, at) => bytes.subarray(0, at());
const splice: Mutation = (bytes, at, random) => {
  bytes.copyWithin(at(), at(), at() + Math.floor(random() * 64));
  return bytes;
};
const remove: Mutation = (bytes, at, random) => {
  const from = at();
  const to = Math.min(bytes.length, from + 1 + Math.floor(random() * 8));
  bytes.copyWithin(from, to);
  return bytes.subarray(0, bytes.length - (to - from));
};
const MUTATIONS = [flipBit, flipBit, setByte, setWord, setWord, truncate, splice, remove];

/** Positions outside the constants: there a change is a change of structure. */
function structure(file: Uint8Array): number[] {
  const positions = new Set(file.keys());
  for (const { data } of importTflite(file).tensors) {
    if (data?.buffer !== file.buffer) continue;
    for (let i = 0; i < data.byteLength; i++) positions.delete(data.byteOffset - file.byteOffset + i);
  }
  return [...positions];
}

/**
 * Imports `count` damaged copies. Whatever is wrong with a file, it is refused with an error of ours; what is not
 * refused is a sound graph, which survives writing.
 */
function importDamaged(t: ExecutionContext, file: Uint8Array, count: number, seed: number): void {
  const random = seededRandom(seed);
  const positions = structure(file);
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const at = () => positions[Math.floor(random() * positions.length)];
    let damaged: Uint8Array = file.slice();
    for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
      damaged = MUTATIONS[Math.floor(random() * MUTATIONS.length)](damaged, at, random).slice();
    }
    try {
      const graph = importTflite(damaged);
      deepStrictEqual(importTflite(writeTflite(graph)), graph);
    } catch (error) {
      if (!(error instanceof DepthwiseError)) throw new Error(`seed ${seed}, file ${i}`, { cause: error });
      refused++;
    }
  }
  // Many changes fall on names and unused fields, but most do not.
  t.true(refused > count / 3, `${refused} of ${count} refused`);
}

for (let seed = 1; seed <= 8; seed++) {
  test(`damaged copies of generated model ${seed}`, (t) => {
    importDamaged(t, writeTflite(randomGraph(seededRandom(seed * 31))), 500, seed);
  });
}

for (const model of ['person_detect', 'vww_96_int8', 'kws_ref_model', 'mobilenet_v1_0.25_128_quant']) {
  withFixtures(test, `damaged copies of ${model}`, (t: ExecutionContext) => {
    importDamaged(t, readFixture('models', `${model}.tflite`), 250, 99);
  });
}

test('every truncation of a small model is refused', (t) => {
  const file = writeTflite(randomGraph(seededRandom(5), 1));
  const padding = 16;
  for (let length = 0; length < file.length - padding; length++) {
    const error = t.throws(() => importTflite(file.subarray(0, length)), { instanceOf: DepthwiseError });
    if (error?.code !== 'MODEL_INVALID') t.fail(`length ${length}: ${error?.message}`);
  }
});

/** A file in which `count` tensors and operators are one and the same table. */
function repeated(count: number, name: string, inputs: number[]): Uint8Array {
  const b = new Builder();
  const tensor = table(b, {
    [TENSOR.shape]: { offset: int32Vector(b, [1]) },
    [TENSOR.type]: { int8: 9 },
    [TENSOR.name]: { offset: b.createString(name) },
  });
  const operator = table(b, {
    [OPERATOR.inputs]: { offset: int32Vector(b, inputs) },
    [OPERATOR.outputs]: { offset: int32Vector(b, [1]) },
  });
  const subgraph = table(b, {
    [SUBGRAPH.tensors]: { offset: tableVector(b, Array(count).fill(tensor)) },
    [SUBGRAPH.operators]: { offset: tableVector(b, Array(count).fill(operator)) },
  });
  const code = table(b, { [OPERATOR_CODE.builtinCode]: { int32: 0 } });
  const model = table(b, {
    [MODEL.version]: { int32: 3 },
    [MODEL.operatorCodes]: { offset: tableVector(b, [code]) },
    [MODEL.subgraphs]: { offset: tableVector(b, [subgraph]) },
    [MODEL.buffers]: { offset: tableVector(b, [table(b, {})]) },
  });
  b.finish(model, 'TFL3');
  return b.asUint8Array().slice();
}

test('a file that unpacks to far more than its size is refused', (t) => {
  for (const file of [repeated(60000, 'x'.repeat(1 << 16), [0]), repeated(60000, '', Array(1024).fill(0))]) {
    const error = t.throws(() => importTflite(file), { instanceOf: DepthwiseError });
    t.is(error!.code, 'MODEL_INVALID');
    t.regex(error!.message, /uses the same bytes over and over/);
  }
});

test('more inputs than any operator has are refused', (t) => {
  const error = t.throws(() => importTflite(repeated(1, '', Array(1025).fill(0))), { instanceOf: DepthwiseError });
  t.is(error!.code, 'MODEL_TOO_LARGE');
  t.regex(error!.message, /operator 0: 1025 tensors; at most 1024/);
});

test('more operators than any model has are refused', (t) => {
  const error = t.throws(() => importTflite(repeated(70000, '', [0])), { instanceOf: DepthwiseError });
  t.is(error!.code, 'MODEL_TOO_LARGE');
  t.regex(error!.message, /70000 operators; at most 65536/);
});

import { deepStrictEqual } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { writeTflite } from '../../../src/export/tflite/write.js';
import { importTflite } from '../../../src/import/tflite/import.js';
import { OPERATOR_NAMES } from '../../../src/operators/index.js';
import { readFixture, withFixtures } from '../../fixtures.js';
import { GraphBuilder, randomGraph, seededRandom } from '../../graph/builder.js';

/** Tests that write and read models of one operator. */
const ALONE = new URL('../../operators/', import.meta.url);
const alone = readdirSync(ALONE).map((name) => readFileSync(new URL(name, ALONE), 'utf8'));

test('a written random graph comes back as it was, and writes the same bytes', (t) => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.integer({ min: 1 }), (seed) => {
      const graph = randomGraph(seededRandom(seed));
      for (const { op } of graph.operators) seen.add(op);
      const bytes = writeTflite(graph);
      const again = importTflite(bytes);
      deepStrictEqual(again, graph);
      deepStrictEqual(writeTflite(again), bytes);
    }),
    { numRuns: 300, seed: 1 },
  );
  const missing = OPERATOR_NAMES.filter((name) => !seen.has(name));
  t.deepEqual(
    missing.filter((name) => !alone.some((text) => text.includes(`'${name}'`))),
    [],
  );
});

test('the file carries the identifier, and constants stand at multiples of 16', (t) => {
  const b = new GraphBuilder(seededRandom(7));
  const graph = b.graph([b.fullyConnected(b.conv(b.input([1, 5, 5, 3]), 7), 3)]);
  const bytes = writeTflite(graph);
  t.is(String.fromCharCode(...bytes.subarray(4, 8)), 'TFL3');
  for (const { data, name } of importTflite(bytes).tensors) {
    if (data) t.is(data.byteOffset % 16, 0, name);
  }
});

test('labels and the mark of random weights travel with the file', (t) => {
  const b = new GraphBuilder(seededRandom(8));
  const graph = b.graph([b.fullyConnected(b.input([1, 4]), 3)], { labels: ['a', '', 'ü b'], randomWeights: true });
  const again = importTflite(writeTflite(graph));
  t.deepEqual(again.labels, ['a', '', 'ü b']);
  t.true(again.randomWeights);
});

test('a label with a line break is refused', (t) => {
  const b = new GraphBuilder(seededRandom(9));
  const graph = b.graph([b.fullyConnected(b.input([1, 4]), 3)], { labels: ['a\nb'] });
  const error = t.throws(() => writeTflite(graph));
  t.like(error, { code: 'MODEL_INVALID' });
  t.regex(error!.message, /label "a\nb".*line break/s);
});

test('an invalid graph is not written', (t) => {
  const b = new GraphBuilder(seededRandom(10));
  const output = b.fullyConnected(b.input([1, 4]), 3);
  b.tensors[output].shape = [1, 5];
  t.like(
    t.throws(() => writeTflite(b.graph([output]))),
    { code: 'MODEL_INVALID' },
  );
});

for (const model of ['person_detect', 'vww_96_int8', 'kws_ref_model', 'mobilenet_v1_0.25_128_quant']) {
  withFixtures(test, `${model} survives writing`, (t: ExecutionContext) => {
    const graph = importTflite(readFixture('models', `${model}.tflite`));
    const bytes = writeTflite(graph);
    t.notThrows(() => deepStrictEqual(importTflite(bytes), graph));
    t.deepEqual(writeTflite(importTflite(bytes)), bytes);
  });
}

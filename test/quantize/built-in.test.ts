import { readFileSync } from 'node:fs';
import test from 'ava';
import { graphCost } from '../../src/analysis/cost.js';
import { compile } from '../../src/compile.js';
import { runReference } from '../../src/engines/reference.js';
import { openRunner } from '../../src/engines/run.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { loadDigits } from '../../tools/eval/digits.js';
import { countRight } from '../../tools/eval/score.js';

const model = (name: string) => new Uint8Array(readFileSync(new URL(`../../src/models/${name}`, import.meta.url)));
const LIMITS = { digits: { macs: 600_000, accuracy: 0.985 }, 'digits-mini': { macs: 40_000, accuracy: 0.95 } };

for (const [name, limits] of Object.entries(LIMITS)) {
  test(`${name} is as small and as good as its card says`, (t) => {
    const graph = importTflite(model(`${name}.tflite`), name);
    const card = JSON.parse(new TextDecoder().decode(model(`${name}.json`)));
    const { macs, weightBytes } = graphCost(graph);
    t.is(macs, card.macs);
    t.is(weightBytes, card.weightBytes);
    t.true(macs <= limits.macs);
    const { int8Correct, floatCorrect, total } = card.heldOut;
    t.true((floatCorrect - int8Correct) / total <= 0.003);
    const digits = loadDigits(['heldOut']);
    t.is(digits.length, total);
    t.true(total >= 2000);
    const runner = openRunner(graph, compile(graph), 'node');
    const correct = countRight(digits, (input) => runner.run([input])[0]);
    t.is(correct, int8Correct);
    t.true(correct / total >= limits.accuracy);
  });

  test(`${name} names the ten held-out samples`, (t) => {
    const graph = importTflite(model(`${name}.tflite`), name);
    t.deepEqual(graph.labels, '0123456789'.split(''));
    const samples = model('digits-samples.bin');
    for (let digit = 0; digit < 10; digit++) {
      const input = samples.slice(digit * 784, (digit + 1) * 784).map((pixel) => pixel - 128);
      const [scores] = runReference(graph, [input]);
      const values = [...new Int8Array(scores.buffer, scores.byteOffset, 10)];
      t.is(values.indexOf(Math.max(...values)), digit);
    }
  });
}

test('cifar10 is as small as its card says, and the card says what npm run eval counted', (t) => {
  const bytes = model('cifar10.tflite');
  const graph = importTflite(bytes, 'cifar10');
  const card = JSON.parse(new TextDecoder().decode(model('cifar10.json')));
  const counted = JSON.parse(readFileSync(new URL('../../tools/eval/cifar10.json', import.meta.url), 'utf8'));
  const { macs, weightBytes } = graphCost(graph);
  const { blob, plan } = compile(graph, { memory: 'min' });
  t.is(bytes.length, card.tfliteBytes);
  t.deepEqual([macs, weightBytes], [card.macs, card.weightBytes]);
  t.true(macs <= 6_500_000);
  t.true(blob.length <= 260 * 1000, `${blob.length} B`);
  t.true(plan.arenaBytes <= 24 * 1000, `${plan.arenaBytes} B`);
  const { int8Correct, floatCorrect, total } = card.heldOut;
  t.deepEqual([counted.correct, counted.total, counted.part], [int8Correct, total, 'test']);
  t.true(total === 10_000 && int8Correct >= 8500 && floatCorrect - int8Correct <= 60);
  t.is(graph.labels?.length, 10);
  t.deepEqual(graph.tensors[graph.inputs[0]].quantization, { scale: [1 / 64], zeroPoint: [0], axis: 0 });
});

import { readFileSync } from 'node:fs';
import test from 'ava';
import { compile } from '../../src/compile/compile.js';
import { runReference } from '../../src/engines/reference.js';
import { openRunner } from '../../src/engines/run.js';
import { graphCost } from '../../src/graph/cost.js';
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

import test, { type ExecutionContext } from 'ava';
import { asset } from '../../../src/assets.js';
import { readBaseline } from '../../../tools/bench/baseline.js';
import { benchInputs, type Count, countOps } from '../../../tools/bench/count.js';
import { type BenchModel, benchModels } from '../../../tools/bench/models.js';
import { FIXTURES, withFixtures } from '../../fixtures.js';

const kernels = asset('kernels.wasm');
const models = benchModels(FIXTURES);
const counts = new Map<string, Count>();

/** The costs of a model, counted once. */
function count({ name, compiled }: BenchModel): Count {
  const known = counts.get(name);
  if (known) return known;
  const counted = countOps(compiled, kernels, benchInputs(compiled));
  counts.set(name, counted);
  return counted;
}

for (const model of models) {
  test(`${model.name}: no more than 1 % over the ops of tools/bench/baseline.json`, (t) => {
    const allowed = readBaseline()[model.name];
    t.truthy(allowed, 'no baseline: npm run bench -- --update');
    const { ops } = count(model);
    t.true(ops <= 1.01 * allowed, `${ops} ops, ${allowed} before. If that is meant: npm run bench -- --update`);
  });

  test(`${model.name}: native depth, scratch and linear memory`, (t) => {
    const { stats } = count(model);
    const { plan } = model.compiled;
    t.true(stats.maxNativeDepth! <= 320, `${stats.maxNativeDepth} frames`);
    t.true(plan.scratchBytes <= 8192, `${plan.scratchBytes} bytes of scratch`);
    t.true(stats.linearMemoryBytes! <= plan.arenaBytes + plan.scratchBytes + 1024);
    t.deepEqual(stats.imports, ['dw.read']);
  });
}

test('the kernel module that a MobileNetV1 needs is 10.5 KB at most', (t) => {
  t.true(kernels.length <= 10_752, `${kernels.length} bytes`);
});

test('a second inference takes as many ops as the first, whatever its input is', (t) => {
  const [model] = models;
  const other = benchInputs(model.compiled).map((input) => input.map((byte) => byte ^ 0x5a));
  t.is(countOps(model.compiled, kernels, other).ops, count(model).ops);
});

withFixtures(test, 'person_detect runs in 20 KB of compiled code', (t: ExecutionContext) => {
  const { stats } = count(models.find(({ name }) => name === 'person_detect')!);
  t.true(stats.compiledCodeBytes! <= 20_480, `${stats.compiledCodeBytes} bytes`);
});

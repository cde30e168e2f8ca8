import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Target } from '../../src/boards/target.js';
import { compareWithBaseline, readBaseline } from '../../src/budget/baseline.js';
import type { ModelCost } from '../../src/budget/cost.js';
import { budgetReport } from '../../src/budget/report.js';
import { temporaryFolder } from '../temporary.js';
import { board, figure, modelCost, step } from './cost.js';

const report = (cost: Partial<ModelCost> = {}, targets: Target[] = [board()]) =>
  budgetReport([{ cost: modelCost(cost), targets, limits: {}, runtime: 'wasm3' }]);

test('the same report again is no growth', (t) => {
  t.deepEqual(compareWithBaseline(report(), report()), { ok: true, growth: [], notes: [] });
});

test('less of everything is no growth', (t) => {
  const less = report({ blobBytes: 80_000, arenaBytes: 20_000, linearMemoryBytes: 25_000, ops: 900_000 });
  t.true(compareWithBaseline(report(), less).ok);
});

test('one byte more of RAM is growth, and names the part and the step', (t) => {
  const [stem, pw1, fc] = modelCost().steps;
  const steps = [stem, { ...pw1, arenaBytes: pw1.arenaBytes + 1 }, fc];
  const { ok, growth } = compareWithBaseline(report(), report({ arenaBytes: 30_001, steps }));
  t.false(ok);
  t.is(growth.length, 1);
  t.like(growth[0], { what: 'ram', target: 'board', before: 49_000, after: 49_001, part: 'arena' });
  t.like(growth[0].step, { index: 1, name: 'pw1', before: 28_000, after: 28_001 });
  t.regex(growth[0].message, /model on board: RAM grew 49,000 -> 49,001 B; most in arena; .* 1 pw1 \(conv\)/);
});

test('flash growth names the step with the most new weights', (t) => {
  const [stem, pw1, fc] = modelCost().steps;
  const steps = [{ ...stem, weightBytes: 1_100 }, pw1, { ...fc, weightBytes: 4_000 }];
  const { growth } = compareWithBaseline(report(), report({ blobBytes: 91_100, steps }));
  t.like(growth[0], { what: 'flash', before: 140_000, after: 141_100, part: 'model' });
  t.like(growth[0].step, { name: 'fc', before: 3_000, after: 4_000 });
});

test('ops may grow by a hundredth, and are told once for all boards', (t) => {
  const boards = [board(), board({ id: 'other' })];
  const grown = (ops: number) => {
    const steps = [
      step(0, 'stem', 20_000, 300_000),
      step(1, 'pw1', 28_000, ops - 500_000),
      step(2, 'fc', 2_000, 200_000),
    ];
    return compareWithBaseline(report({}, boards), report({ ops, steps }, boards));
  };
  t.true(grown(1_010_000).ok);
  const { ok, growth } = grown(1_010_001);
  t.false(ok);
  t.is(growth.length, 1);
  t.like(growth[0], { what: 'ops', before: 1_000_000, after: 1_010_001 });
  t.like(growth[0].step, { name: 'pw1', before: 500_000, after: 510_001 });
});

test('steps are matched by name, so an inserted one shifts nothing and is the one that grew', (t) => {
  const [stem, pw1, fc] = modelCost().steps;
  const steps = [stem, step(1, 'dw1', 100, 50_000), { ...pw1, index: 2 }, { ...fc, index: 3 }];
  const { growth } = compareWithBaseline(report(), report({ ops: 1_050_000, steps }));
  t.like(growth[0].step, { index: 1, name: 'dw1', before: 0, after: 50_000 });
});

test('steps of the same name are matched in order', (t) => {
  const before = report({ steps: [step(0, 'x', 1, 500_000), step(1, 'x', 1, 500_000)] });
  const after = report({ ops: 1_100_000, steps: [step(0, 'x', 1, 500_000), step(1, 'x', 1, 600_000)] });
  t.like(compareWithBaseline(before, after).growth[0].step, { index: 1, before: 500_000, after: 600_000 });
});

test('a board figure that became known, or changed the latency only, is no growth', (t) => {
  const wasm3 = board().runtimes.wasm3!;
  const unknown = board({ runtimes: { wasm3: { ...wasm3, flashBytes: null, cyclesPerOp: null } } });
  const slower = board({ runtimes: { wasm3: { ...wasm3, cyclesPerOp: { default: figure(99) } } } });
  t.true(compareWithBaseline(report({}, [unknown]), report()).ok);
  t.true(compareWithBaseline(report(), report({}, [slower])).ok);
});

test('what the baseline lacks is noted and passes', (t) => {
  const board2 = compareWithBaseline(report(), report({}, [board(), board({ id: 'other' })]));
  t.true(board2.ok);
  t.deepEqual(board2.notes, ['model on other (wasm3) is not in the baseline']);
  const model2 = compareWithBaseline(report(), report({ name: 'new', arenaBytes: 60_000 }));
  t.true(model2.ok);
  t.deepEqual(model2.notes, ['new is not in the baseline']);
});

test('a baseline is read back from the JSON it was written as', (t) => {
  const file = join(temporaryFolder(), 'baseline.json');
  writeFileSync(file, JSON.stringify(report()));
  t.true(compareWithBaseline(readBaseline(file), report()).ok);
  for (const wrong of ['{', '{}', 'null', '[]', '{"models":[]}']) {
    writeFileSync(file, wrong);
    t.throws(() => readBaseline(file), { code: 'CONFIG_INVALID', message: /--json > / });
  }
  t.throws(() => readBaseline(`${file}.missing`), { code: 'INPUT_UNREADABLE' });
});

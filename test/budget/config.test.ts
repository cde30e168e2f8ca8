import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CONFIG_SCHEMA, parseConfig } from '../../src/budget/config.js';

const parse = (budgets: unknown) => parseConfig(JSON.stringify({ budgets }), join('ci', 'depthwise.json'));
const entry = { model: 'm.tflite', targets: 'all' };

test('the published schema is the one that is checked', (t) => {
  const published = readFileSync(new URL('../../docs/budget.schema.json', import.meta.url), 'utf8');
  t.deepEqual(JSON.parse(published), JSON.parse(JSON.stringify(CONFIG_SCHEMA)));
});

test("the documentation's example is valid", (t) => {
  const docs = readFileSync(new URL('../../docs/budget.md', import.meta.url), 'utf8');
  const example = /```json\n([^`]+)```/.exec(docs)![1];
  t.is(parseConfig(example, 'depthwise.json').length, 2);
});

test('an entry without more means the runtime of each board and no limits', (t) => {
  const [parsed] = parse([entry]);
  t.deepEqual(parsed, { model: join('ci', 'm.tflite'), targets: 'all', runtime: undefined, limits: {}, options: {} });
});

test('limits are numbers, or text with a unit', (t) => {
  const [a, b] = parse([
    { ...entry, maxFlash: 1000, maxRam: 2000, maxLatency: 12.5 },
    { ...entry, maxFlash: '1M', maxRam: '96K', maxLatency: '1.5s' },
  ]);
  t.deepEqual(a.limits, { maxFlash: 1000, maxRam: 2000, maxLatencyMs: 12.5 });
  t.deepEqual(b.limits, { maxFlash: 1048576, maxRam: 98304, maxLatencyMs: 1500 });
});

test('paths are relative to the file; names of models and absolute paths are not', (t) => {
  const models = ['a/m.tflite', '../m.onnx', 'm.dw', 'digits', 'mobilenet:0.25@96x96x1,2', '/abs/m.tflite'];
  const resolved = parse(models.map((model) => ({ ...entry, model }))).map(({ model }) => model);
  t.deepEqual(resolved, [
    join('ci', 'a', 'm.tflite'),
    'm.onnx',
    join('ci', 'm.dw'),
    'digits',
    'mobilenet:0.25@96x96x1,2',
    '/abs/m.tflite',
  ]);
  const [{ options }] = parse([{ ...entry, options: { labels: 'l.txt', rounding: 'single' } }]);
  t.deepEqual(options, { labels: join('ci', 'l.txt'), rounding: 'single' });
});

test('targets are a list, or text', (t) => {
  t.deepEqual(
    parse([{ ...entry, targets: ['esp32', 'rp2040'] }, entry]).map(({ targets }) => targets),
    ['esp32,rp2040', 'all'],
  );
});

const REFUSED: [string, unknown, RegExp][] = [
  ['no budgets', [], /budgets.*fewer than 1/],
  ['no model', [{ targets: 'all' }], /budgets\/0 .*model/],
  ['no targets', [{ model: 'm' }], /budgets\/0 .*targets/],
  ['a limit that is not known', [{ ...entry, maxPsram: 1 }], /maxPsram/],
  ['a size that is none', [{ ...entry, maxRam: 'lots' }], /budgets\/0\/maxRam/],
  ['a negative size', [{ ...entry, maxRam: -1 }], /budgets\/0\/maxRam/],
  ['a runtime that is not known', [{ ...entry, runtime: 'jit' }], /budgets\/0\/runtime.*wasm3/],
];

for (const [what, budgets, message] of REFUSED) {
  test(`refused: ${what}`, (t) => {
    t.throws(() => parse(budgets), { code: 'CONFIG_INVALID', message });
  });
}

test('refused: what is not JSON', (t) => {
  t.throws(() => parseConfig('{', 'x.json'), { code: 'CONFIG_INVALID', message: /x\.json is not JSON/ });
});

import test from 'ava';
import { annotations, errorAnnotation } from '../../src/budget/annotations.js';
import { budgetReport } from '../../src/budget/report.js';
import { board, modelCost } from './cost.js';

test('a message escapes %, CR and LF, and nothing else', (t) => {
  t.is(errorAnnotation('50 %, a: b\r\nc', { title: 't' }), '::error title=t::50 %25, a: b%0D%0Ac');
});

test('properties also escape colons and commas', (t) => {
  const line = errorAnnotation('m', { title: 'mobilenet:0.25@96x96x1,2 %', file: 'a:b,c.json' });
  t.is(line, '::error file=a%3Ab%2Cc.json,title=mobilenet%3A0.25@96x96x1%2C2 %25::m');
});

test('text that looks like a workflow command stays inside its message', (t) => {
  const line = errorAnnotation('x\n::set-env name=A::b', { title: 'y\n::stop-commands::z' });
  t.notRegex(line, /[\r\n]/);
  t.is(line.match(/^::|\n::/g)!.length, 1);
});

test('one annotation per failing board and per growth, none for what is ok', (t) => {
  const job = { cost: modelCost(), targets: [board()], runtime: 'wasm3' as const };
  t.deepEqual(annotations(budgetReport([{ ...job, limits: {} }])), []);
  const failing = budgetReport([
    { ...job, limits: { maxRam: 1_000 } },
    { ...job, limits: {} },
  ]);
  const growth = [{ model: 'model', what: 'ops' as const, before: 1, after: 2, message: 'grew' }];
  const lines = annotations(failing, { ok: false, growth, notes: [] }, 'depthwise.json');
  t.is(lines.length, 2);
  t.regex(
    lines[0],
    /^::error file=depthwise\.json,title=model does not fit board::RAM: 49,000 B, 48,000 B over 1,000 B/,
  );
  t.is(lines[1], '::error file=depthwise.json,title=model%3A ops grew over the baseline::grew');
});

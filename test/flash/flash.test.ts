import test from 'ava';
import { progressOn } from '../../src/flash/progress.js';

function shown(isTTY: boolean, calls: [string, number, number][]): string {
  let text = '';
  const progress = progressOn({ isTTY, write: (part) => (text += part) });
  for (const call of calls) progress(...call);
  return text;
}

test('progress on a terminal is one line that is rewritten', (t) => {
  t.is(
    shown(true, [
      ['model.dw', 0, 8],
      ['model.dw', 4, 8],
      ['model.dw', 8, 8],
    ]),
    '\rmodel.dw   0 %\rmodel.dw  50 %\rmodel.dw 100 %\n',
  );
});

test('progress into a file is a few lines', (t) => {
  const calls = Array.from({ length: 101 }, (_, i): [string, number, number] => ['model.dw', i, 100]);
  const lines = shown(false, [...calls, ['empty', 0, 0]]).split('\n');
  t.deepEqual(lines, [
    ...[0, 25, 50, 75, 100].map((percent) => `model.dw ${String(percent).padStart(3)} %`),
    'empty 100 %',
    '',
  ]);
});

import test from 'ava';
import { formatBytes, formatMillions, formatNumber, formatPercent, table } from '../../src/report/table.js';

test('columns of numbers stand to the right, others to the left, nothing around them', (t) => {
  const text = table(
    ['layer', 'MACs', 'ratio', 'note'],
    [
      ['conv0', 1234567, '', 'a'],
      ['dw1', 12, '0.5', ''],
    ],
  );
  t.deepEqual(text.split('\n'), [
    'layer       MACs  ratio  note',
    'conv0  1,234,567         a',
    'dw1           12    0.5',
  ]);
});

test('alignment can be given', (t) => {
  const text = table(
    ['id', 'name'],
    [
      ['1', 'x'],
      ['22', 'long'],
    ],
    { align: ['left', 'right'] },
  );
  t.deepEqual(text.split('\n'), ['id  name', '1      x', '22  long']);
});

test('a table without rows is its head', (t) => {
  t.is(table(['a', 'b'], []), 'a  b');
});

test('numbers', (t) => {
  t.is(formatNumber(1234567), '1,234,567');
  t.is(formatNumber(-0.25), '-0.25');
  t.is(formatMillions(568740352), '568.74 M');
  t.is(formatMillions(4866269184), '4,866.27 M');
  t.is(formatPercent(0.1234), '12.3 %');
});

test('bytes: exact when few', (t) => {
  t.is(formatBytes(0), '0 B');
  t.is(formatBytes(9999), '9,999 B');
  t.is(formatBytes(10240), '10.0 KiB');
  t.is(formatBytes(4 * 2 ** 20), '4.0 MiB');
});

import { readFileSync } from 'node:fs';
import test from 'ava';
import { design, type LayerReport, type NetworkReport } from '../../src/cli/design.js';
import { designFlags } from '../cli/design-flags.js';

const doc = readFileSync(new URL('../../docs/cost-model.md', import.meta.url), 'utf8');
const commands = [...doc.matchAll(/\$ depthwise design (.+)/g)].map(([, args]) => args);

const run = (args: string) => design(designFlags(args.split(' ')))[0];
const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const count = (text: string): number => Number(text.replaceAll(',', ''));

test('every command of the page runs, and the page states its total', (t) => {
  t.is(commands.length, 6);
  for (const args of commands) {
    const { macs } = run(args);
    const figures = [macs.toLocaleString('en-US'), (macs / 1e6).toFixed(2)];
    t.true(
      figures.some((figure) => doc.includes(figure)),
      `${args}: ${macs}`,
    );
  }
});

test('every product written out on the page is right', (t) => {
  const products = [...doc.matchAll(/((?:[\d,]+ \* )+[\d,]+) +=\s+([\d,]+)/g)];
  t.true(products.length >= 7);
  for (const [line, factors, result] of products) {
    t.is(
      factors
        .split(' * ')
        .map(count)
        .reduce((a, b) => a * b),
      count(result),
      line,
    );
  }
  const sums = [...doc.matchAll(/([\d,]{3,}) \+ ([\d,]{3,}) +=\s+([\d,]+)/g)];
  t.is(sums.length, 2);
  for (const [line, a, b, result] of sums) t.is(count(a) + count(b), count(result), line);
});

test('the worked layer: figures and ratio', (t) => {
  const report = run('--layer 3,64,128,112') as LayerReport;
  const figures = [
    report.fullConvMacs,
    report.fullConvParams,
    report.params,
    ...report.layers.flatMap((l) => [l.macs, l.params]),
  ];
  for (const figure of figures) t.true(doc.includes(figure.toLocaleString('en-US')), `${figure}`);
  t.true(doc.includes(`1/128 + 1/9 = ${report.macRatio.toFixed(6)}`));
  t.true(doc.includes(`Nearly all of it, ${((100 * report.layers[1].macs) / report.macs).toFixed(0)} %`));
});

test('the rows of table 3', (t) => {
  const { stages } = run('--layer 3,512,512,14 --alpha 0.75 --rho 0.714') as LayerReport;
  t.is(stages.length, 4);
  for (const { stage, m, n, df, macs, params } of stages) {
    const millions = (value: number): string => `${(value / 1e6).toFixed(2)} M`;
    const row = `| ${stage} | ${m} -> ${n} | ${df}x${df} | ${millions(macs)} | ${millions(params)} |`;
    t.true(doc.includes(row), row);
  }
});

test('the grid of alpha and size', (t) => {
  const rows = doc.split('\n').filter((line) => /^\| (1|0\.\d+) \|/.test(line));
  t.is(rows.length, 4);
  for (const row of rows) {
    const [alpha, ...figures] = cells(row);
    const reports = [224, 192, 160, 128].map((size) => run(`--alpha ${alpha} --size ${size} --classes 1000`));
    const expected = [...reports.map(({ macs }) => (macs / 1e6).toFixed(2)), (reports[0].params / 1e6).toFixed(3)];
    t.deepEqual(figures, expected);
  }
});

test('the full convolution, the shallow network and the share of the stem', (t) => {
  const report = run('--alpha 1 --size 224 --classes 1000') as NetworkReport;
  t.true(doc.includes(`${(report.withoutClassifier.fullConvMacs / 1e6).toFixed(2)} million MACs without`));
  t.true(doc.includes(`${(report.fullConvMacs / 1e6).toFixed(2)} million with it`));
  t.true(doc.includes(`${(report.fullConvParams / 1e6).toFixed(2)} million\nparameters`));
  const shallow = run('--alpha 1 --size 224 --classes 1000 --depth 8');
  t.true(
    doc.includes(`${(shallow.macs / 1e6).toFixed(2)} million MACs and ${(shallow.params / 1e6).toFixed(3)} million`),
  );
  t.true(doc.includes(`${((100 * report.layers[0].macs) / report.macs).toFixed(2)} %: 10,838,016 of 568,740,352`));
});

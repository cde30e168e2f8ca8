import test from 'ava';
import { design, designCommand, type LayerReport, type NetworkReport } from '../../src/cli/design.js';
import { DepthwiseError } from '../../src/errors.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { designFlags } from './design-flags.js';

const run = (args: string) => design(designFlags(args.split(' ')));
const network = (args: string) => run(args)[0] as NetworkReport;
const layer = (args: string) => run(args)[0] as LayerReport;

test('a network: totals, layers that add up to them, and the name that other commands take', (t) => {
  const report = network('--alpha 0.25 --size 96 --classes 2 --channels 1');
  t.is(report.macs, 7157888);
  t.is(report.params, 207968);
  t.is(report.layers.length, 28);
  for (const field of ['macs', 'params', 'fullConvMacs', 'fullConvParams'] as const) {
    t.is(
      report.layers.reduce((total, row) => total + (row[field] ?? 0), 0),
      report[field],
      field,
    );
  }
  t.is(report.macRatio, report.macs / report.fullConvMacs);
  t.is(report.paramRatio, report.params / report.fullConvParams);
  t.is(report.model, 'mobilenet:0.25@96x96x1,2');
  t.is(parseSpec(report.model).channels, 1);
});

test('channels are 3 and alpha and rho 1 by default', (t) => {
  t.is(network('--size 224 --classes 1000').macs, 568740352);
});

test('--rho scales the size of a network', (t) => {
  t.is(network('--size 224 --rho 0.714 --classes 1000').macs, network('--size 160 --classes 1000').macs);
});

test('a layer: the worked example of VGG16 conv2_1', (t) => {
  const report = layer('--layer 3,64,128,112');
  t.is(report.fullConvMacs, 924844032);
  t.is(report.macs, 109985792);
  t.is(report.macRatio.toFixed(6), '0.118924');
  t.true(Math.abs(report.macRatio - (1 / 128 + 1 / 9)) < 1e-15);
  t.deepEqual(
    report.layers.map(({ kind, macs }) => [kind, macs]),
    [
      ['depthwise', 7225344],
      ['pointwise', 102760448],
    ],
  );
});

test('a layer: table 3 of the paper', (t) => {
  const report = layer('--layer 3,512,512,14 --alpha 0.75 --rho 0.714');
  t.deepEqual(
    report.stages.map(({ macs }) => macs),
    [462422016, 52283392, 29578752, 15091200],
  );
  t.is(report.macs, 15091200);
  t.is(report.params, 150912);
});

test('the text shows the formula with the numbers, and the totals', (t) => {
  const [, text] = run('--layer 3,64,128,112');
  t.regex(text, /Dk\*Dk\*M\*N\*Df\*Df +3 \* 3 \* 64 \* 128 \* 112 \* 112 +924,844,032/);
  t.regex(text, /1\/N \+ 1\/Dk\^2 +1\/128 \+ 1\/9 +0\.118924/);
  const [, table] = run('--size 224 --classes 1000');
  t.regex(table, /^total +568,740,352 +4,209,088 +4,867,293,184 +0\.116849$/m);
  t.regex(table, /^without fc +567,716,352 +3,185,088 +4,866,269,184 /m);
  t.false(table.includes('\u001b'), 'no colours');
});

test('--json prints one object', async (t) => {
  const write = process.stdout.write;
  let printed = '';
  process.stdout.write = ((text: string) => {
    printed += text;
    return true;
  }) as typeof write;
  try {
    await designCommand().parseAsync(['--layer', '3,64,128,112', '--json'], { from: 'user' });
  } finally {
    process.stdout.write = write;
  }
  t.is(JSON.parse(printed).macs, 109985792);
});

for (const [args, message] of [
  ['--alpha 1', /Give --size and --classes .* or --layer/],
  ['--size 224', /--classes/],
  ['--size 0 --classes 2', /--size is "0"; expected a whole number/],
  ['--size 96 --classes x', /--classes is "x"/],
  ['--size 96 --classes 2 --alpha zero', /--alpha is "zero"; expected a number above 0/],
  ['--size 96 --classes 2 --depth 14', /depth is 14; expected a whole number from 1 to 13/],
  ['--size 96 --classes 2 --alpha 0.01', /int\(alpha \* 32\) is 0/],
  ['--layer 3,64,128', /--layer is "3,64,128"; expected Dk,M,N,Df/],
  ['--layer 3,64,128,a', /--layer Dk,M,N,Df is "a"/],
  ['--layer 3,64,128,112 --size 4', /--layer describes one layer and --size a network/],
  ['--layer 3,4,4,4 --alpha 0.1', /leave M 0, N 0, Df 4/],
] as const) {
  test(`refused: ${args}`, (t) => {
    const error = t.throws(() => run(args), { instanceOf: DepthwiseError, message });
    t.is(error?.code, 'USAGE');
  });
}

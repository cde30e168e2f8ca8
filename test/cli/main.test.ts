import { fileURLToPath } from 'node:url';
import test from 'ava';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { rawConvolution, rawTflite } from '../import/tflite/raw.js';
import { cli, executable, Folder } from './cli.js';

const SPEC = 'mobilenet:0.25@32x32x3,4';

test.serial('help and version end with 0, for every command', async (t) => {
  const { exitCode, stdout } = await cli('--help');
  t.is(exitCode, 0);
  t.regex(stdout, /Exit codes: 0 done, 1 over budget .*2 usage, 3 .*4 /);
  for (const command of ['info', 'design', 'compile', 'run', 'budget', 'bundle', 'flash', 'quantize', 'search']) {
    t.regex(stdout, new RegExp(`^  ${command} `, 'm'));
    const help = await cli(command, '--help');
    t.is(help.exitCode, 0, command);
    t.regex(help.stdout, new RegExp(`Usage: depthwise ${command}`));
  }
  t.regex((await cli('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
});

test.serial('usage errors end with 2 and leave stdout empty', async (t) => {
  const folder = new Folder();
  const wrong = [
    ['nothing'],
    ['info'],
    ['info', SPEC, '--unknown'],
    ['info', folder.file('missing.tflite')],
    ['info', 'no-such-model'],
    ['info', 'mobilenet:nonsense'],
    ['compile', SPEC],
    ['compile', SPEC, '-o', folder.file('a.dw'), '--rounding', 'thrice'],
    ['run', SPEC],
    ['run', SPEC, '--input', folder.file('missing.bin')],
    ['run', SPEC, '--input', fileURLToPath(import.meta.url), '--engine', 'abacus'],
  ];
  for (const args of wrong) {
    const { exitCode, stdout, stderr } = await cli(...args);
    t.is(exitCode, 2, args.join(' '));
    t.is(stdout, '', args.join(' '));
    t.regex(stderr, /\S/);
  }
  t.deepEqual(folder.names(), []);
});

test.serial('a model that does not exist: what was looked for, what there is', async (t) => {
  const { stderr } = await cli('info', 'no-such-model');
  t.regex(stderr, /no model "no-such-model".*\.tflite.*mobilenet:.*\[MODEL_NOT_FOUND\]/s);
});

test.serial('an invalid file ends with 3', async (t) => {
  const folder = new Folder();
  const files = [
    folder.write('empty.tflite', ''),
    folder.write('text.tflite', 'this is not a model, however long the text may be'),
    folder.write('text.dw', 'nor is this'),
  ];
  for (const file of files) {
    for (const args of [
      ['info', file],
      ['run', file, '--input', file],
    ]) {
      const { exitCode, stderr } = await cli(...args);
      t.is(exitCode, 3, args.join(' '));
      t.regex(stderr, /\[(MODEL|BLOB)_INVALID\]/);
    }
  }
});

test.serial('what is not supported ends with 3: the message names index, operator and tensor', async (t) => {
  const folder = new Folder();
  const model = rawConvolution();
  model.operators[0].code = 36;
  const operator = await cli('info', folder.write('gather.tflite', rawTflite(model)));
  t.is(operator.exitCode, 3);
  t.regex(operator.stderr, /operator 0 \(GATHER\), tensor 2: .*\[MODEL_UNSUPPORTED\]/s);

  const odd = rawConvolution();
  odd.tensors[1].zeroPoint = [3, 3];
  const tensor = await cli('info', folder.write('odd.tflite', rawTflite(odd)));
  t.is(tensor.exitCode, 3);
  t.regex(tensor.stderr, /operator 0 \(CONV_2D\), tensor 1 "filter": .*\[MODEL_UNSUPPORTED\]/s);
});

test.serial('text from a model cannot command the terminal', async (t) => {
  const folder = new Folder();
  const b = new GraphBuilder(seededRandom(3));
  const y = b.conv(b.input([1, 4, 4, 2]), 4, { kernel: [1, 1] });
  b.tensors[y] = { ...b.tensors[y], name: 'red \u001b[31m \u0007' };
  const { stdout } = await cli('info', folder.model('red.tflite', b.graph([y])));
  t.false(stdout.includes('\u001b'));
  t.regex(stdout, /red \?\[31m \?/);
});

test('the executable sets the exit code of its process and keeps stdout for results', async (t) => {
  const done = await executable('info', SPEC, '--json');
  t.is(done.exitCode, 0, done.stderr);
  t.is(JSON.parse(done.stdout).weights, 'random');
  const failed = await executable('info', 'no-such-model', '--json');
  t.is(failed.exitCode, 2);
  t.is(failed.stdout, '');
  t.regex(failed.stderr, /^depthwise: There is no model/);
});

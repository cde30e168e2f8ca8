import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { DEFAULT_GRID } from '../../src/search/candidates.js';
import { findTrainer, trainAll } from '../../src/search/train.js';
import { cli, cliJson, Folder } from '../cli/cli.js';

const SMALL = ['search', '--classes', '4', '--alphas', '0.125,0.25', '--sizes', '32,48', '--depths', '3,8'];
const PUBLISHED = fileURLToPath(new URL('../../docs/imagenet-accuracies.json', import.meta.url));

test('the default grid has thousands of networks', (t) => {
  const { alphas, sizes, depths } = DEFAULT_GRID;
  t.true(alphas.length * sizes.length * depths.length >= 2000);
});

for (const memory of ['fast', 'min']) {
  test.serial(`--memory ${memory}: every figure is the one that budget gives for the network`, async (t) => {
    const { front, boards } = await cliJson(...SMALL, '--target', 'esp32-c3,esp32', '--memory', memory);
    t.deepEqual(
      boards.map(({ target, candidates }: any) => [target, candidates]),
      [
        ['esp32-c3', 8],
        ['esp32', 8],
      ],
    );
    t.true(front.length >= 4);
    for (const one of front) {
      const { models, targets } = await cliJson('budget', one.model, '--target', one.target, '--memory', memory);
      const [{ flash, ram, latencyMs }] = targets;
      t.deepEqual(
        [one.macs, one.ops, one.arenaBytes, one.blobBytes, one.ramBytes, one.flashBytes],
        [models[0].macs, models[0].ops, models[0].arenaBytes, models[0].blobBytes, ram.total, flash.total],
        `${one.model} on ${one.target}`,
      );
      const { estimate, low, high } = latencyMs;
      t.deepEqual(one.latencyMs, { estimate, low, high }, `${one.model} on ${one.target}`);
    }
  });
}

test.serial('limits leave out what exceeds them, and where nothing is left the exit code is 1', async (t) => {
  const all = await cliJson(...SMALL, '--target', 'esp32-c3');
  const limit = all.front[0].ramBytes - 1;
  const less = await cliJson(...SMALL, '--target', 'esp32-c3', '--max-ram', String(limit), '--max-latency', '1s');
  t.true(less.boards[0].fit < all.boards[0].fit);
  for (const { ramBytes, latencyMs } of less.front) t.true(ramBytes <= limit && latencyMs.high <= 1000);
  const none = await cli(...SMALL, '--target', 'esp32-c3', '--max-flash', '10K');
  t.is(none.exitCode, 1);
  t.regex(none.stdout, /0 of 8 networks fit.*\n.*mobilenet:.*\n +! flash: .* over 10,240 B/);
});

test.serial('text: one table for each board, what each of them carries, no more rows than --top', async (t) => {
  const { exitCode, stdout } = await cli(...SMALL, '--target', 'esp32-c3,stm32f405', '--top', '2');
  t.is(exitCode, 0);
  t.regex(stdout, /^esp32-c3: 8 of 8 networks fit, \d of them on the front\n\nalpha +size +depth +MACs/m);
  t.regex(stdout, /^and \d more: --top/m);
  t.regex(stdout, /^target +fit +best/m);
  t.regex(stdout, /no board was measured/);
});

test.serial(
  'all: each board with its own runtime; with one given, boards that it cannot run on are named',
  async (t) => {
    const { boards, front, skipped } = await cliJson(...SMALL, '--target', 'all');
    t.true(boards.length >= 12);
    t.deepEqual(skipped, []);
    const runtimes = new Map(front.map(({ target, runtime }: any) => [target, runtime]));
    t.is(runtimes.get('esp32-c3'), 'wasm3');
    t.is(runtimes.get('bangle-js2'), 'js');
    const wasm3 = await cliJson(...SMALL, '--target', 'all', '--runtime', 'wasm3');
    t.true(wasm3.skipped.includes('bangle-js2'));
  },
);

test.serial('given accuracies: the networks of the file, the best first, none that is worse and dearer', async (t) => {
  const folder = new Folder();
  const entries = [
    { alpha: 0.5, size: 48, accuracy: 0.5 },
    { alpha: 0.25, size: 32, accuracy: 0.6 },
    { alpha: 0.125, size: 32, depth: 8, accuracy: 0.2 },
  ];
  const file = folder.write('accuracies.json', JSON.stringify(entries));
  const { front } = await cliJson('search', '--target', 'rp2040', '--classes', '4', '--accuracies', file);
  t.deepEqual(
    front.map(({ alpha, size, depth, accuracy }: any) => [alpha, size, depth, accuracy]),
    [
      [0.25, 32, 13, 0.6],
      [0.125, 32, 8, 0.2],
    ],
  );
});

test.serial('bad accuracies: the entry and what is expected', async (t) => {
  const folder = new Folder();
  const wrong = {
    '{': /JSON/,
    '[]': /no array of entries/,
    '[{"alpha": 1, "size": 96}]': /entry 0: accuracy is missing/,
    '[{"alpha": 1, "size": 96, "accuracy": 70.9}]': /accuracy is 70.9/,
    '[{"alpha": 9, "size": 96, "accuracy": 0.7}]': /alpha is 9/,
    '[null]': /entry 0: alpha is missing/,
  };
  for (const [content, message] of Object.entries(wrong)) {
    const file = folder.write('a.json', content);
    const { exitCode, stdout, stderr } = await cli(
      'search',
      '--target',
      'rp2040',
      '--classes',
      '4',
      '--accuracies',
      file,
    );
    t.is(exitCode, 2, content);
    t.is(stdout, '');
    t.regex(stderr, message, content);
  }
});

test('the published accuracies are those of 16 networks, and fall with either multiplier', (t) => {
  const list: { alpha: number; size: number; accuracy: number }[] = JSON.parse(readFileSync(PUBLISHED, 'utf8'));
  t.is(list.length, 16);
  for (const a of list) {
    for (const b of list) {
      if (a.alpha <= b.alpha && a.size <= b.size && a !== b) t.true(a.accuracy < b.accuracy);
    }
  }
});

test.serial('--svg: a picture with a panel for each cost, and the front by name', async (t) => {
  const folder = new Folder();
  const file = folder.file('front.svg');
  const { front } = await cliJson(...SMALL, '--target', 'esp32-c3', '--svg', file);
  const svg = readFileSync(file, 'utf8');
  t.regex(svg, /^<svg xmlns.*<\/svg>\n$/s);
  for (const axis of ['latency', 'RAM', 'flash']) t.true(svg.includes(`>${axis} in `), axis);
  t.is(svg.match(/<title>/g)!.length, 3 * front.length);
  t.deepEqual(svg.match(/<g[ >]/g)!.length, svg.match(/<\/g>/g)!.length);
  t.false(/NaN|Infinity|undefined/.test(svg));
});

test.serial('usage: 2, nothing on stdout, no file', async (t) => {
  const folder = new Folder();
  const wrong = [
    ['search', '--target', 'esp32-c3'],
    ['search', '--classes', '4'],
    ['search', '--target', 'nowhere', '--classes', '4'],
    ['search', '--target', 'esp32-c3', '--classes', '0'],
    ['search', '--target', 'esp32-c3', '--classes', '4', '--alphas', 'wide'],
    ['search', '--target', 'esp32-c3', '--classes', '4', '--alphas', '5'],
    ['search', '--target', 'esp32-c3', '--classes', '4', '--depths', '14'],
    ['search', '--target', 'esp32-c3', '--classes', '4', '--alphas', '1', '--accuracies', PUBLISHED],
    [...SMALL, '--target', 'esp32-c3', '--epochs', '3'],
    [...SMALL, '--target', 'esp32-c3', '--svg', folder.file('no/such/folder.svg')],
  ];
  for (const args of wrong) {
    const { exitCode, stdout, stderr } = await cli(...args);
    t.is(exitCode, 2, args.join(' '));
    t.is(stdout, '', args.join(' '));
    t.regex(stderr, /\S/);
  }
  t.deepEqual(folder.names(), []);
});

test('--train: without the trainer, or Python and its packages, 4 and what to do', (t) => {
  const trainer = fileURLToPath(new URL('../../tools/train/candidate.py', import.meta.url));
  t.like(
    t.throws(() => findTrainer({ trainer: '/no/such/candidate.py', python: 'python3' })),
    { code: 'TOOL_MISSING', exitCode: 4 },
  );
  const missing = t.throws(() => findTrainer({ trainer, python: 'no-such-python' }));
  t.like(missing, { code: 'TOOL_MISSING' });
  t.regex(missing!.message, /no-such-python.*pip install torch numpy pillow/s);
  // node is no Python, and ends with an error where Python would import.
  t.like(
    t.throws(() => findTrainer({ trainer, python: process.execPath })),
    { code: 'TOOL_MISSING' },
  );
});

test('--train hands shapes to the trainer, takes accuracies back and writes them for --accuracies', (t) => {
  const folder = new Folder();
  // In the trainer's place: answers with what it was given.
  const trainer = folder.write(
    'trainer.mjs',
    `import { readFileSync, writeFileSync } from 'node:fs';
     const given = Object.fromEntries(process.argv.slice(2).join(' ').split('--').slice(1).map((o) => o.trim().split(' ')));
     const layers = JSON.parse(readFileSync(given.layers, 'utf8'));
     const right = layers.pairs.length === 3 && layers.stem.join() === '2,8' && layers.pairs[1].join() === '2,32';
     writeFileSync(given.out + '/' + given.name + '.json', JSON.stringify({ correct: right ? 3 : 0, total: 4, ...given }));`,
  );
  const network = { model: 'mobilenet:x', alpha: 0.25, size: 32, depth: 3 };
  const host = { trainer, python: process.execPath };
  const out = folder.file('out');
  const task = { classes: 4, channels: 3 };
  const trained = trainAll([network], task, { data: 'pictures', out, epochs: 2 }, host);
  t.deepEqual(trained, [{ ...network, accuracy: 0.75 }]);
  t.deepEqual(JSON.parse(readFileSync(`${out}/accuracies.json`, 'utf8')), [
    { alpha: 0.25, size: 32, depth: 3, accuracy: 0.75 },
  ]);
  t.like(JSON.parse(readFileSync(`${out}/alpha0.25-size32-depth3.json`, 'utf8')), { data: 'pictures', epochs: '2' });
  const failing = { trainer: folder.write('fails.mjs', 'process.exit(1)'), python: process.execPath };
  t.like(
    t.throws(() => trainAll([network], task, { data: 'pictures', out }, failing)),
    { code: 'CHECK_FAILED' },
  );
});

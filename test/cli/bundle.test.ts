import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { readBundle } from '../../src/bundle/folder.js';
import { cli, cliJson, Folder } from './cli.js';

test.serial('bundle --json lists the files that are there, and flash reads what bundle wrote', async (t) => {
  const folder = new Folder();
  const report = await cliJson('bundle', 'digits-mini', '--target', 'bangle-js2', '-o', folder.file('b'));
  t.like(report, { target: 'bangle-js2', runtime: 'js', model: 'digits-mini', folder: folder.file('b') });
  t.false('weights' in report);
  const { manifest } = readBundle(folder.file('b'));
  t.deepEqual(manifest.files, report.files);
  for (const { path, bytes } of report.files) t.is(readFileSync(folder.file(`b/${path}`)).length, bytes, path);
});

test.serial('random weights are said to be random', async (t) => {
  const folder = new Folder();
  const args = ['bundle', 'mobilenet:0.25@32x32x3,4', '--target', 'bangle-js2', '-o', folder.file('b')];
  t.is((await cliJson(...args)).weights, 'random');
  t.is(readBundle(folder.file('b')).manifest.weights, 'random');
  t.regex((await cli(...args)).stdout, /weights: random/);
});

test.serial('a model that the board cannot hold is bundled with a warning', async (t) => {
  const folder = new Folder();
  const bundle = (model: string) => cli('bundle', model, '--target', 'espruino-pico', '-o', folder.file('b'));
  const { exitCode, stderr } = await bundle('mobilenet:0.25@96x96x1,2');
  t.is(exitCode, 0);
  t.regex(stderr, /warning: flash: .* over 49,152 B/);
  t.is((await bundle('digits-mini')).stderr, '');
});

test.serial('what cannot be bundled leaves no folder', async (t) => {
  const folder = new Folder();
  const wrong: [string[], RegExp][] = [
    [['--target', 'bangle-js3'], /did you mean bangle-js2\?/],
    [['--target', 'esp32', '--pictures'], /--pictures is of JavaScript, and esp32 runs wasm3 here/],
    [['--target', 'bangle-js2', '--runtime', 'wasm3'], /bangle-js2 has no wasm3 runtime: --runtime takes js/],
    [['--target', 'stm32f405'], /no bundles for stm32f405 with wasm3.*firmware-glue\/core/],
  ];
  for (const [args, message] of wrong) {
    const { exitCode, stderr } = await cli('bundle', 'digits-mini', ...args, '-o', folder.file('b'));
    t.is(exitCode, 2, args.join(' '));
    t.regex(stderr, message);
  }
  t.false(existsSync(folder.file('b')));
});

test.serial('flash: no port, no bundle, a damaged one', async (t) => {
  const folder = new Folder();
  const b = folder.file('b');
  await cliJson('bundle', 'digits-mini', '--target', 'bangle-js2', '-o', b);
  const portless = await cli('flash', b);
  t.is(portless.exitCode, 2);
  t.regex(portless.stderr, /--port.*--dry-run/);
  const none = await cli('flash', folder.path, '--dry-run');
  t.is(none.exitCode, 3);
  t.regex(none.stderr, /no bundle.*\[BUNDLE_INVALID\]/);
  writeFileSync(`${b}/model.dw`, 'damaged');
  t.is((await cli('flash', b, '--dry-run')).exitCode, 3);
});

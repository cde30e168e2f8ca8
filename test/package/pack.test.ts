/**
 * The package as a user gets it: packed, installed into an empty folder without running a single script, and used through
 * node_modules/.bin. npm's registry (or a filled cache) provides the dependencies.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { temporaryFolder } from '../temporary.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MODEL = 'mobilenet:0.25@32x32x3,4';
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_PACKAGES = 15;
/** What compiling wasm3 and the kernels takes, and what comes with it: none of it is for users. */
const COMPILERS = ['@yowasp/clang', 'assemblyscript', 'binaryen', 'typescript', 'rollup', 'esbuild', 'react-native'];

interface Installed {
  folder: string;
  /** Files of the package itself. */
  files: string[];
  /** Other packages that came with it. */
  packages: string[];
}

const npm = (args: string[], cwd: string): string => {
  // npm's own settings of the run that started this test must not reach the install.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_')),
  );
  const result = spawnSync('npm', args, { cwd, encoding: 'utf8', env, shell: process.platform === 'win32' });
  if (result.status === 0) return result.stdout;
  throw new Error(`npm ${args[0]} failed; the registry, or a filled cache, has to be within reach.\n${result.stderr}`);
};

/** The build has been made by `npm test`; packing must not start it again under the feet of the other tests. */
function install(): Installed {
  const folder = temporaryFolder();
  const [packed] = JSON.parse(npm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], ROOT));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', version: '1.0.0', private: true }));
  const options = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'];
  npm(['install', join(folder, packed.filename), ...options], folder);
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return {
    folder,
    files: packed.files.map(({ path }: { path: string }) => path),
    packages: Object.keys(lock.packages)
      .filter((path) => path !== '')
      .map((path) => path.replace(/^.*node_modules\//, '')),
  };
}

let made: Installed | undefined;
const installed = (): Installed => {
  made ??= install();
  return made;
};

function depthwise(...args: string[]) {
  const { folder } = installed();
  const bin = join(folder, 'node_modules', '.bin', 'depthwise');
  return spawnSync(bin, args, { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' });
}

function json(...args: string[]): any {
  const { status, stdout, stderr } = depthwise(...args, '--json');
  if (status !== 0) throw new Error(`depthwise ${args.join(' ')}: exit code ${status}\n${stderr}`);
  return JSON.parse(stdout);
}

function bytes(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + bytes(join(path, name)), 0);
}

test.serial('few packages, few bytes, no compiler', (t) => {
  const { folder, packages, files } = installed();
  t.true(packages.includes('depthwise'));
  t.true(packages.length <= MOST_PACKAGES, packages.join(', '));
  const size = bytes(join(folder, 'node_modules'));
  t.true(size <= MOST_BYTES, `${size} bytes`);
  for (const name of COMPILERS) t.false(packages.includes(name), name);
  for (const name of ['sharp', 'espruino']) t.false(packages.includes(name), name);
  t.false(
    files.some((file) => /^(src|test|tools|docs)\//.test(file)),
    'sources and tests stay at home',
  );
  for (const file of [
    'dist/cli.js',
    'dist/index.js',
    'dist/kernels.wasm',
    'dist/kernels-full.wasm',
    'dist/wasm3.wasm',
    'dist/wasm3/m3_compile.inc',
    'dist/wasm3/LICENSE.txt',
    'firmware-glue/core/dw.h',
    'firmware-glue/qemu/main.c',
    'dist/depthwise.js',
    'LICENSE',
  ]) {
    t.true(files.includes(file), file);
  }
});

test.serial('info, design, compile, budget', (t) => {
  const { folder } = installed();
  t.is(json('info', MODEL).macs, 833_152);
  t.is(json('design', '--alpha', '1', '--size', '224', '--classes', '1000').macs, 568_740_352);
  const { blobBytes } = json('compile', MODEL, '-o', 'net.dw');
  t.is(statSync(join(folder, 'net.dw')).size, blobBytes);
  const { targets } = json('budget', MODEL, '--target', 'esp32-c3,rp2040');
  t.deepEqual(
    targets.map(({ target }: { target: string }) => target),
    ['esp32-c3', 'rp2040'],
  );
});

test.serial('run: every engine that the package brings gives the same answer', (t) => {
  const { folder } = installed();
  json('compile', MODEL, '-o', 'net.dw');
  writeFileSync(
    join(folder, 'x.bin'),
    Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => i * 37),
  );
  const runs = ['wasm3', 'node', 'js'].map((engine) => json('run', 'net.dw', '--input', 'x.bin', '--engine', engine));
  for (const { engine, output } of runs) t.deepEqual(output, runs[0].output, engine);
  t.true(runs[0].ops > 0);
});

test.serial('a built-in model is found beside the command', (t) => {
  t.is(json('info', 'digits').labels?.length ?? 10, 10);
});

test.serial('a PNG without sharp: exit code 4 and the command that installs it', (t) => {
  const { folder } = installed();
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  writeFileSync(join(folder, 'x.png'), Uint8Array.of(...signature, ...new Uint8Array(64)));
  const { status, stdout, stderr } = depthwise('run', MODEL, '--input', 'x.png', '--json');
  t.is(status, 4, stderr);
  t.is(stdout, '');
  t.regex(stderr, /npm install sharp/);
});

test.serial('a bundle for an Espruino board without espruino: exit code 4 and the command that installs it', (t) => {
  json('bundle', MODEL, '--target', 'bangle-js2', '-o', 'watch');
  t.is(json('flash', 'watch', '--dry-run').written.length, 2);
  const { status, stdout, stderr } = depthwise('flash', 'watch', '--port', 'tcp://127.0.0.1:1', '--json');
  t.is(status, 4, stderr);
  t.is(stdout, '');
  t.regex(stderr, /npm install espruino/);
});

test.serial('bundle for an ESP32; flash without its packages: exit code 4 and the command that installs them', (t) => {
  const { folder } = installed();
  t.true(json('bundle', MODEL, '--target', 'esp32-c3', '-o', 'board').files.length > 50);
  mkdirSync(join(folder, 'board', 'build'));
  writeFileSync(join(folder, 'board', 'build', 'app.bin'), new Uint8Array(64));
  const args = { flash_files: { '0x10000': 'app.bin' } };
  writeFileSync(join(folder, 'board', 'build', 'flasher_args.json'), JSON.stringify(args));
  const { status, stderr } = depthwise('flash', 'board', '--port', 'PORT');
  t.is(status, 4, stderr);
  t.regex(stderr, /npm install esptool-js serialport \[PACKAGE_MISSING\]/);
});

test.serial('the library: import, compile, open', (t) => {
  const { folder } = installed();
  const script = `
    import { readFileSync } from 'node:fs';
    import { compile, importTflite, open, readBlob } from 'depthwise';
    const file = readFileSync(new URL('./node_modules/depthwise/dist/models/digits.tflite', import.meta.url));
    const { blob } = compile(importTflite(file));
    const [input] = readBlob(blob).inputs;
    const [output] = open(blob, 'node').run([new Uint8Array(input.bytes)]);
    console.log(output.length);
  `;
  writeFileSync(join(folder, 'use.mjs'), script);
  t.is(execFileSync(process.execPath, ['use.mjs'], { cwd: folder, encoding: 'utf8' }), '10\n');
  t.true(existsSync(join(folder, 'node_modules', 'depthwise', 'dist', 'types', 'index.d.ts')));
});

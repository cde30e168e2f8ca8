import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readBundle, sha256, writeBundle } from '../../src/bundle/folder.js';
import type { Manifest } from '../../src/bundle/manifest.js';
import { Folder } from '../cli/cli.js';

const ABOUT: Omit<Manifest, 'files'> = {
  bundle: 1,
  depthwise: '0.0.0',
  target: 'board',
  runtime: 'js',
  model: 'm',
  flash: { kind: 'none' },
};
const FILES = [
  { path: 'a.bin', content: Uint8Array.of(1, 2, 3), address: 4096 },
  { path: 'src/main.c', content: 'int main;\n' },
];

/** A bundle in a folder of its own. */
function bundled() {
  const parent = new Folder();
  const folder = parent.file('bundle');
  writeBundle(folder, ABOUT, FILES);
  return { parent, folder, file: (name: string) => join(folder, name) };
}

test('what is written is read back, with sizes, sums and addresses', (t) => {
  const { parent, folder } = bundled();
  const { manifest, contents } = readBundle(folder);
  t.deepEqual(manifest.files, [
    { path: 'a.bin', bytes: 3, sha256: sha256(Uint8Array.of(1, 2, 3)), address: 4096 },
    { path: 'src/main.c', bytes: 10, sha256: sha256('int main;\n') },
  ]);
  t.deepEqual(contents.get('a.bin'), Uint8Array.of(1, 2, 3));
  t.deepEqual(parent.names(), ['bundle']);
});

test('an empty folder is filled', (t) => {
  const { path } = new Folder();
  writeBundle(path, ABOUT, FILES);
  t.is(readBundle(path).manifest.files.length, 2);
});

test('a bundle is replaced: its files go, what a build left beside them stays', (t) => {
  const { parent, folder, file } = bundled();
  mkdirSync(file('build'));
  writeFileSync(file('build/out.o'), 'object');
  writeFileSync(file('src/notes.txt'), 'mine');
  writeBundle(folder, ABOUT, [{ path: 'src/other.c', content: 'new' }]);
  t.false(existsSync(file('a.bin')));
  t.false(existsSync(file('src/main.c')));
  t.is(readFileSync(file('build/out.o'), 'utf8'), 'object');
  t.is(readFileSync(file('src/notes.txt'), 'utf8'), 'mine');
  t.is(readFileSync(file('src/other.c'), 'utf8'), 'new');
  t.deepEqual(parent.names(), ['bundle']);
});

test('a folder that is no bundle, a file, and a bundle that was changed are left as they are', (t) => {
  const other = new Folder();
  other.write('thesis.txt', 'years of work');
  t.throws(() => writeBundle(other.path, ABOUT, FILES), { code: 'OUTPUT_EXISTS', message: /no bundle\.json/ });
  t.throws(() => writeBundle(other.file('thesis.txt'), ABOUT, FILES), { code: 'OUTPUT_EXISTS', message: /is a file/ });
  t.deepEqual(other.names(), ['thesis.txt']);

  const { folder, file } = bundled();
  writeFileSync(file('src/main.c'), 'edited');
  t.throws(() => writeBundle(folder, ABOUT, FILES), { code: 'OUTPUT_EXISTS', message: /changed .* src\/main\.c/ });
  t.is(readFileSync(file('src/main.c'), 'utf8'), 'edited');
});

test('a write that fails leaves nothing', (t) => {
  const parent = new Folder();
  // "a" cannot be a file and a folder.
  const clash = [
    { path: 'a', content: '' },
    { path: 'a/b', content: '' },
  ];
  t.throws(() => writeBundle(parent.file('bundle'), ABOUT, clash), { code: 'OUTPUT_UNWRITABLE' });
  t.deepEqual(parent.names(), []);
  const { folder, parent: home, file } = bundled();
  t.throws(() => writeBundle(folder, ABOUT, clash), { code: 'OUTPUT_UNWRITABLE' });
  t.deepEqual(home.names(), ['bundle']);
  t.true(existsSync(file('a.bin')));
});

const BROKEN: [string, (file: (name: string) => string) => void, RegExp][] = [
  ['no bundle.json', (file) => writeFileSync(file('bundle.json'), ''), /is not JSON/],
  ['a changed byte', (file) => writeFileSync(file('a.bin'), Uint8Array.of(1, 2, 4)), /a\.bin has 3 bytes and SHA-256/],
  ['a byte less', (file) => writeFileSync(file('a.bin'), Uint8Array.of(1, 2)), /a\.bin has 2 bytes/],
  ['another version', (file) => change(file, (json) => (json.bundle = 2)), /has version 2, expected 1/],
  ['no version', (file) => change(file, (json) => delete json.bundle), /bundle/],
  ['a kind that nobody knows', (file) => change(file, (json) => (json.flash.kind = 'carrier-pigeon')), /flash\/kind/],
  ['a missing field', (file) => change(file, (json) => delete json.target), /target/],
  ['a path out of the folder', (file) => change(file, (json) => (json.files[0].path = '../a.bin')), /files\/0\/path/],
  ['a path that is absolute', (file) => change(file, (json) => (json.files[0].path = '/a.bin')), /files\/0\/path/],
  ['a path through its parent', (file) => change(file, (json) => (json.files[0].path = 'x/../../a')), /files\/0\/path/],
  ['a file that is missing', (file) => change(file, (json) => (json.files[0].path = 'b.bin')), /b\.bin cannot be read/],
  ['null', (file) => writeFileSync(file('bundle.json'), 'null'), /must be object/],
];

function change(file: (name: string) => string, edit: (json: any) => void): void {
  const json = JSON.parse(readFileSync(file('bundle.json'), 'utf8'));
  edit(json);
  writeFileSync(file('bundle.json'), JSON.stringify(json));
}

for (const [what, spoil, message] of BROKEN) {
  test(`refused: ${what}`, (t) => {
    const { folder, file } = bundled();
    spoil(file);
    t.throws(() => readBundle(folder), { code: 'BUNDLE_INVALID', message });
  });
}

test('refused: no folder at all', (t) => {
  t.throws(() => readBundle(new Folder().file('nothing')), { code: 'BUNDLE_INVALID', message: /no bundle/ });
});

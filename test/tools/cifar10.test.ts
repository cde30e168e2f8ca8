/** The pictures as tools/eval reads them, from archives made here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import sharp from 'sharp';
import { LABELS, loadCifar10 } from '../../tools/eval/cifar10.js';
import { filesOf } from '../../tools/eval/tar.js';

const folder = mkdtempSync(join(tmpdir(), 'cifar10-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** A .tar.gz of the files; a name that ends in a slash is a folder. */
function archive(name: string, files: [string, Uint8Array][]): string {
  const blocks = files.map(([path, bytes]) => {
    const block = Buffer.alloc(512 + 512 * Math.ceil(bytes.length / 512));
    block.write(path, 0);
    block.write(bytes.length.toString(8).padStart(11, '0'), 124);
    block.write(path.endsWith('/') ? '5' : '0', 156);
    block.write('ustar', 257);
    block.set(bytes, 512);
    return block;
  });
  const file = join(folder, name);
  writeFileSync(file, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
  return file;
}

/** One grey: JPEG keeps it to a step. */
const jpeg = (grey: number, side = 32) =>
  sharp({ create: { width: side, height: side, channels: 3, background: { r: grey, g: grey, b: grey } } })
    .jpeg()
    .toBuffer();

test('JPEG archive: classes in order, files by name, every twentieth validates', async (t) => {
  const files: [string, Uint8Array][] = [['train/', new Uint8Array(0)]];
  for (const [label, name] of [...LABELS.entries()].reverse()) {
    for (const i of [2, 0, 1]) files.push([`train/${name}/${i}.jpg`, await jpeg(20 * label + 5 * i)]);
    files.push([`test/${name}/0.jpg`, await jpeg(200)]);
  }
  const path = archive('jpg.tar.gz', files);
  const fit = await loadCifar10(path, 'fit');
  t.deepEqual(
    fit.map(({ label }) => label),
    LABELS.flatMap((_, label) => [label, label]),
  );
  for (const [k, { label, pixels }] of fit.entries()) {
    t.is(pixels.length, 3072);
    const grey = 20 * label + 5 * (1 + (k % 2));
    t.true(pixels.every((value) => Math.abs(value - grey) <= 1));
  }
  t.is((await loadCifar10(path, 'validation')).length, 10);
  t.is((await loadCifar10(path, 'test')).length, 10);
});

test('binary batches: planes become pixels', async (t) => {
  const record = (label: number) => [label, ...Array.from({ length: 3072 }, (_, i) => (label + i) % 251)];
  const batch = Uint8Array.from(LABELS.flatMap((_, label) => record(9 - label)));
  const path = archive('bin.tar.gz', [['cifar-10-batches-bin/test_batch.bin', batch]]);
  const samples = await loadCifar10(path, 'test');
  t.deepEqual(
    samples.map(({ label }) => label),
    [...LABELS.keys()],
  );
  for (const { label, pixels } of samples) {
    t.true(pixels.every((value, i) => value === (label + (i % 3) * 1024 + Math.floor(i / 3)) % 251));
  }
});

test('an archive without pictures, a picture of another size, and a file cut short are refused', async (t) => {
  await t.throwsAsync(loadCifar10(archive('none.tar.gz', [['a', new Uint8Array(1)]]), 'test'), {
    message: /a class without test pictures/,
  });
  const files: [string, Uint8Array][] = [];
  for (const name of LABELS) files.push([`test/${name}/0.jpg`, await jpeg(9, 16)]);
  await t.throwsAsync(loadCifar10(archive('small.tar.gz', files), 'test'), { message: /is 16x16x3, expected 32x32x3/ });
  const cut = join(folder, 'cut.tar.gz');
  const header = Buffer.alloc(512);
  header.write('a', 0);
  header.write('00000010000', 124);
  writeFileSync(cut, gzipSync(header));
  t.throws(() => [...filesOf(cut)], { message: /damaged/ });
});

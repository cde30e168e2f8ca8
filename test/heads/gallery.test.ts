/** Galleries: entries that survive a power cut at any write, files that are refused where a byte is wrong, names that are found. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import test from 'ava';
import type { EmbedderNet } from '../../src/board-js/heads/embed.js';
import { DepthwiseError } from '../../src/errors.js';
import { Gallery } from '../../src/heads/gallery-file.js';
import { normalize } from '../../src/heads/readers/embed.js';
import { enroll, nearest, type Store, slotBytes } from '../../src/heads/readers/gallery.js';
import { CORE_FILES } from '../../src/qemu/runtimes.js';
import { bundle } from '../board-js/engine.js';
import { cli, cliJson, Folder } from '../cli/cli.js';
import { type Random, seededRandom } from '../graph/builder.js';
import { GLUE, program, run, SANITIZE } from '../qemu/gcc.js';
import { withTools } from '../qemu/tools.js';
import { temporaryFolder } from '../temporary.js';
import { stepless, subject } from './subject.js';

const VALUES = 16;
const NAMES = ['ada', 'grace', 'edsger'];

function vector(random: Random, near?: Int8Array): Int8Array {
  const made = new Int8Array(VALUES);
  const values = Array.from(
    { length: VALUES },
    (_, i) => (near ? near[i] : 0) + Math.round((near ? 30 : 200) * (random() - 0.5)),
  );
  normalize(values, 0, made);
  return made;
}

const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(name);

/** Flash: erased to 255, bits only ever become 0. Power goes after `budget` written bytes. */
class Flash implements Store {
  readonly bytes: Uint8Array;
  budget = Number.POSITIVE_INFINITY;

  constructor(slots: number) {
    this.bytes = new Uint8Array(slots * slotBytes(VALUES)).fill(255);
  }

  get length(): number {
    return this.bytes.length;
  }

  read(offset: number, count: number): Uint8Array {
    return this.bytes.subarray(offset, offset + count);
  }

  write(offset: number, bytes: Uint8Array): void {
    for (const [i, byte] of bytes.entries()) {
      if (this.budget-- <= 0) throw new Error('no power');
      this.bytes[offset + i] &= byte;
    }
  }
}

const nameOf = (store: Store, vector: Int8Array): string | undefined => {
  const found = nearest(store, vector);
  return found && new TextDecoder().decode(Uint8Array.from(found.label));
};

test('the nearest name is found; a name is the mean of its pictures', (t) => {
  const random = seededRandom(81);
  const people = NAMES.map(() => vector(random));
  const flash = new Flash(40);
  t.is(nearest(flash, people[0]), undefined);
  for (let picture = 1; picture <= 5; picture++) {
    for (const [i, name] of NAMES.entries()) t.is(enroll(flash, bytesOf(name), vector(random, people[i])), picture);
  }
  for (const [i, name] of NAMES.entries()) {
    t.is(nameOf(flash, people[i]), name);
    // Five noisy pictures are nearer together than one is.
    t.true(nearest(flash, people[i])!.similarity > 0.95 * 2 ** 15);
  }
});

test('power goes at any byte of a write: every earlier entry is still there, and the next goes in', (t) => {
  const random = seededRandom(82);
  const people = NAMES.map(() => vector(random));
  for (let cut = 0; cut < slotBytes(VALUES); cut++) {
    const flash = new Flash(6);
    enroll(flash, bytesOf(NAMES[0]), people[0]);
    enroll(flash, bytesOf(NAMES[1]), people[1]);
    flash.budget = cut;
    t.throws(() => enroll(flash, bytesOf(NAMES[2]), people[2]), { message: 'no power' });
    flash.budget = Number.POSITIVE_INFINITY;
    t.is(nameOf(flash, people[0]), NAMES[0], `${cut}`);
    t.is(nameOf(flash, people[1]), NAMES[1], `${cut}`);
    t.true(enroll(flash, bytesOf(NAMES[2]), people[2]) > 0);
    for (const [i, name] of NAMES.entries()) t.is(nameOf(flash, people[i]), name, `${cut}`);
  }
});

test('a store without room, and names that are none, take nothing', (t) => {
  const random = seededRandom(83);
  const flash = new Flash(1);
  t.is(enroll(flash, bytesOf('x'.repeat(32)), vector(random)), 0);
  t.is(enroll(flash, new Uint8Array(0), vector(random)), 0);
  t.is(enroll(flash, bytesOf('x'.repeat(31)), vector(random)), 1);
  const before = flash.bytes.slice();
  t.is(enroll(flash, bytesOf('y'), vector(random)), 0);
  t.deepEqual(flash.bytes, before);
});

test('a file that was cut or changed at any byte is refused', (t) => {
  const random = seededRandom(84);
  const gallery = new Gallery(new Uint8Array(0), VALUES, 'g');
  for (const name of NAMES) gallery.enroll(name, vector(random));
  const { bytes } = gallery;
  const refused = (changed: Uint8Array, what: string) => {
    const error = t.throws(() => new Gallery(changed, VALUES, 'faces.gallery'), { instanceOf: DepthwiseError }, what);
    t.is(error?.code, 'BLOB_INVALID');
  };
  for (let at = 0; at < bytes.length; at++) {
    if (at % slotBytes(VALUES)) refused(bytes.slice(0, at), `cut at ${at}`);
    for (const bit of [0, 3, 7]) {
      const changed = bytes.slice();
      changed[at] ^= 1 << bit;
      refused(changed, `bit ${bit} of ${at}`);
    }
  }
  t.notThrows(() => new Gallery(bytes, VALUES, 'g'));
  t.throws(() => new Gallery(bytes, VALUES + 4, 'g'), { code: 'BLOB_INVALID' });
});

test.serial('run: pictures are enrolled under a name, found again and drawn', async (t) => {
  const folder = new Folder();
  const model = ['mobilenet:0.25@32x32x3,16', '--head', 'embed', '--engine', 'node'];
  const record = (seed: number) => {
    const random = seededRandom(seed);
    return folder.write(
      `${seed}.bin`,
      Uint8Array.from({ length: 32 * 32 * 3 }, () => Math.floor(256 * random())),
    );
  };
  const gallery = ['--gallery', folder.file('g')];
  for (const [i, name] of NAMES.entries()) {
    await cliJson('run', ...model, '--input', record(i + 1), ...gallery, '--enroll', name);
  }
  const inputs = [1, 2, 3].flatMap((seed) => ['--input', folder.file(`${seed}.bin`)]);
  const { answers } = await cliJson('run', ...model, ...inputs, ...gallery, '--threshold', '0.99');
  t.deepEqual(
    answers.map(([{ label }]: { label: string }[]) => label),
    NAMES,
  );
  t.true(answers.every(([{ similarity }]: { similarity: number }[]) => similarity > 0.99));
  const bytes = readFileSync(folder.file('g'));
  bytes[20] ^= 1;
  writeFileSync(folder.file('bad'), bytes);
  const refused = await cli('run', ...model, ...inputs, '--gallery', folder.file('bad'));
  t.is(refused.exitCode, 3);
  t.regex(refused.stderr, /bad: the entry at byte 0 is damaged/);
  const none = await cli('run', 'mobilenet:0.25@32x32x3,16', ...inputs, ...gallery);
  t.is(none.exitCode, 2);
  t.regex(none.stderr, /--head embed/);
});

const ERROR_READ = -1;
const ERROR_MEMORY = -8;
const ERROR_NONE = -13;

withTools(test, ['gcc'], 'in C, under sanitizers: the same names, similarities and bytes, with power cuts', (t) => {
  const random = seededRandom(85);
  const { blob } = subject({ kind: 'embed' }, stepless([32, 32], [{ shape: [1, VALUES] }]));
  const people = NAMES.map(() => vector(random));
  const flash = new Flash(60);
  const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
  const label = (name: string): Buffer => Buffer.concat([Buffer.from(name), Buffer.alloc(32)]).subarray(0, 32);
  const parts: Uint8Array[] = [u32(blob.length), blob, u32(flash.length)];
  const expected: Uint8Array[] = [];
  for (let i = 0; i < 400; i++) {
    const who = Math.floor(3 * random());
    const picture = vector(random, random() < 0.9 ? people[who] : undefined);
    const kind = random() < 0.3 ? 0 : 1;
    const budget = random() < 0.2 ? Math.floor(70 * random()) : 1000;
    parts.push(u32(kind), u32(budget), label(NAMES[who]), new Uint8Array(picture.buffer));
    flash.budget = budget;
    if (kind === 0) {
      let result: number;
      try {
        result = enroll(flash, bytesOf(NAMES[who]), picture) || ERROR_MEMORY;
      } catch {
        result = ERROR_READ;
      }
      expected.push(u32(result >>> 0));
    } else {
      const found = nearest(flash, picture);
      const known = found && found.similarity >= Math.round(0.6 * 2 ** 15);
      expected.push(
        u32(known ? 0 : ERROR_NONE >>> 0),
        label(new TextDecoder().decode(Uint8Array.from(found?.label ?? []))),
      );
      expected.push(u32((found?.similarity ?? 0) >>> 0));
    }
  }
  expected.push(flash.bytes);
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('inputs'), Buffer.concat(parts));
  const sources = CORE_FILES.map((name) => join(GLUE, 'core', name));
  run(program([...sources, fileURLToPath(new URL('gallery.c', import.meta.url))], SANITIZE), [
    path('inputs'),
    path('outputs'),
  ]);
  t.is(Buffer.compare(readFileSync(path('outputs')), Buffer.concat(expected)), 0);
});

withTools(
  test,
  ['gcc'],
  'two banks in C, under sanitizers: cuts at all bytes of a write, also while the other bank is filled',
  (t) => {
    const { blob } = subject({ kind: 'embed' }, stepless([32, 32], [{ shape: [1, 300], zeroPoint: 0 }]));
    const file = join(temporaryFolder(), 'model.dw');
    writeFileSync(file, blob);
    const sources = [...CORE_FILES, 'dw_banks.c'].map((name) => join(GLUE, 'core', name));
    const said = run(program([...sources, fileURLToPath(new URL('banks.c', import.meta.url))], SANITIZE), [file]);
    const [, cuts, turns] = /^(\d+) cuts, (\d+) turns$/m.exec(said)!.map(Number);
    t.true(cuts > 1500 && turns >= 2, said);
  },
);

test('on boards that run JavaScript: the same names, similarities and bytes', (t) => {
  const random = seededRandom(86);
  const { blob } = subject({ kind: 'embed' }, stepless([32, 32], [{ shape: [1, VALUES], zeroPoint: 0 }]));
  const realm = createContext({});
  runInContext(`${bundle('depthwise.js') + bundle('heads/embed.js')}depthwiseHead(depthwise);`, realm);
  const net: EmbedderNet = runInContext('depthwise', realm).open(blob);
  const people = NAMES.map(() => vector(random));
  const [host, board] = [new Flash(40), new Flash(40)];
  for (let i = 0; i < 100; i++) {
    const who = Math.floor(3 * random());
    net.output().set(vector(random, random() < 0.8 ? people[who] : undefined));
    const own = Int8Array.from(net.embed());
    if (i % 4 === 0) {
      const name = `${NAMES[who]} éね🦊`;
      t.is(net.enroll(board, name), enroll(host, bytesOf(name), own));
      t.deepEqual(board.bytes, host.bytes);
    }
    const found = nearest(host, own)!;
    const known = found.similarity >= Math.round(0.6 * 2 ** 15);
    const label = known ? new TextDecoder().decode(Uint8Array.from(found.label)) : 'unknown';
    t.deepEqual({ ...net.match(board) }, { label, similarity: found.similarity / 2 ** 15 });
  }
  t.throws(() => net.enroll(new Flash(0), 'ada'), { message: /^LENGTH/ });
});

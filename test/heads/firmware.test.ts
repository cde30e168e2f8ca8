/** Heads in C: the same answers as on the host, in every field, here under sanitizers and on emulated cores. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { readBlob } from '../../src/format/read.js';
import { takeScratch } from '../../src/heads/answers.js';
import { headFile } from '../../src/heads/open.js';
import { centroids } from '../../src/heads/readers/centroids.js';
import { embed } from '../../src/heads/readers/embed.js';
import { locate } from '../../src/heads/readers/locate.js';
import { ssd } from '../../src/heads/readers/ssd.js';
import { yolo } from '../../src/heads/readers/yolo.js';
import * as L from '../../src/program/layout.js';
import { CORES } from '../../src/qemu/cores.js';
import { runEmulator } from '../../src/qemu/emulate.js';
import { boardMemory, linkImage } from '../../src/qemu/image.js';
import { CORE_FILES } from '../../src/qemu/runtimes.js';
import { repaired } from '../format/damaged.js';
import { seededRandom } from '../graph/builder.js';
import { GLUE, program, run, SANITIZE } from '../qemu/gcc.js';
import { coreTools, withTools } from '../qemu/tools.js';
import { temporaryFolder } from '../temporary.js';
import { randomOutputs, SUBJECTS, type Subject, spoiled } from './subject.js';

const SUBJECTS_EACH = 40;
const OUTPUTS_EACH = 50;
const ERROR_LAYOUT = -6;
/** The least of what a firmware may have: the files have no steps. */
const KINDS = 1 << L.KIND_FLIP;
const MAIN = join(dirname(fileURLToPath(import.meta.url)), 'heads.c');

/** What heads.c writes of one record. */
function expectedAnswer({ blob }: Subject, outputs: Uint8Array[]): number[] {
  const { head, outputs: ports } = readBlob(blob);
  const values = outputs.map((bytes, i) => (ports[i].dtype === 'int8' ? new Int8Array(bytes.buffer) : bytes));
  const file = headFile(head!.bytes, values);
  if (head!.name === 'embed') return [embed(file).length, ...embed(file)];
  if (head!.name === 'locate') {
    const place = locate(file);
    return place ? [1, place.index, place.score, place.latitude, place.longitude, place.radiusKm] : [0];
  }
  const read = { centroids, ssd, yolo }[head!.name as 'centroids' | 'ssd' | 'yolo'];
  const found = read(file, takeScratch(file));
  return [
    found.length,
    ...found.flatMap(({ index, score, x, y, width, height }) => [index, score, x, y, width, height]),
  ];
}

interface Case {
  inputs: Buffer;
  expected: number[];
}

const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);

function makeCase(make: (typeof SUBJECTS)[string]): Case {
  const random = seededRandom(61);
  const parts: Uint8Array[] = [];
  const expected: number[] = [];
  for (let i = 0; i < SUBJECTS_EACH; i++) {
    const subject = make(random);
    parts.push(u32(subject.blob.length), subject.blob, u32(OUTPUTS_EACH));
    expected.push(0);
    for (let j = 0; j < OUTPUTS_EACH; j++) {
      const outputs = randomOutputs(subject, random);
      parts.push(...outputs);
      expected.push(...expectedAnswer(subject, outputs));
    }
  }
  return { inputs: Buffer.concat(parts), expected };
}

const ints = (file: string): number[] => {
  const bytes = readFileSync(file);
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i));
};

/** Where two long lists part; empty where they do not. */
function firstDifference(found: number[], expected: number[]): string {
  const at = expected.findIndex((value, i) => found[i] !== value);
  if (at < 0 && found.length === expected.length) return '';
  const around = (list: number[]): string => list.slice(Math.max(0, at - 12), at + 12).join(' ');
  return `at ${at} of ${expected.length} (${found.length}): ${around(found)}, expected ${around(expected)}`;
}

let built: string | undefined;
function hostProgram(): string {
  const sources = CORE_FILES.map((name) => join(GLUE, 'core', name));
  built ??= program([...sources, MAIN], [...SANITIZE, '-DHOST']);
  return built;
}

function onHost(inputs: Buffer): number[] {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'inputs'), inputs);
  run(hostProgram(), [join(folder, 'inputs'), join(folder, 'outputs')]);
  return ints(join(folder, 'outputs'));
}

for (const [kind, make] of Object.entries(SUBJECTS)) {
  withTools(test, ['gcc'], `${kind} on this machine, under sanitizers: 2,000 random outputs, every field`, (t) => {
    const { inputs, expected } = makeCase(make);
    t.is(firstDifference(onHost(inputs), expected), '');
  });

  withTools(test, ['gcc'], `${kind}: what the host refuses the firmware refuses, and opens what that opens`, (t) => {
    const random = seededRandom(62);
    const parts: Uint8Array[] = [];
    const expected: number[] = [];
    for (let i = 0; i < 1000; i++) {
      const subject = make(random);
      const view = new DataView(subject.blob.buffer);
      const [offset, length] = [L.H_HEAD_OFFSET, L.H_HEAD_BYTES].map((field) => view.getUint32(field, true));
      const changed = repaired(spoiled(subject.blob, random, { offset, length }));
      const outputs = randomOutputs(subject, random);
      try {
        const { head } = readBlob(changed);
        const answers = head!.name === kind.split(' ')[0];
        parts.push(u32(changed.length), changed, u32(answers ? 1 : 0), ...(answers ? outputs : []));
        expected.push(0, ...(answers ? expectedAnswer({ ...subject, blob: changed }, outputs) : []));
      } catch {
        parts.push(u32(changed.length), changed, u32(0));
        expected.push(ERROR_LAYOUT);
      }
    }
    t.is(firstDifference(onHost(Buffer.concat(parts)), expected), '');
    t.true(expected.filter((value) => value === ERROR_LAYOUT).length > 100);
  });

  for (const core of [CORES.rv32, CORES.m4]) {
    withTools(test, coreTools(core), `${kind} on ${core.id}: 2,000 random outputs, every field`, (t) => {
      const { inputs, expected } = makeCase(make);
      const folder = temporaryFolder();
      const memory = { ...boardMemory(core), stackBytes: 4096 };
      const elf = linkImage(core, 'aot', SUBJECTS.embed(seededRandom(1)).blob, folder, memory, KINDS, MAIN);
      writeFileSync(join(folder, 'inputs'), inputs);
      const { status, stderr } = runEmulator(core, elf, 300);
      t.is(status, 0, stderr);
      t.is(firstDifference(ints(join(folder, 'outputs')), expected), '');
    });
  }
}

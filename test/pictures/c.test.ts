/** firmware-glue/core/dw_picture.c: the bytes of src/pictures, on this machine and on the cores of boards. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { concatUint8Arrays } from 'typed-array-utils';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import { type FrameFormat, rowBytes } from '../../src/pictures/frame.js';
import { CORES, type Core } from '../../src/qemu/cores.js';
import { runEmulator } from '../../src/qemu/emulate.js';
import { linkImage } from '../../src/qemu/image.js';
import { CORE_FILES } from '../../src/qemu/runtimes.js';
import { roomOf } from '../../tools/bench/room.js';
import { GLUE, HERE, program, run, SANITIZE } from '../qemu/gcc.js';
import { coreTools, EVERY_CORE, withTools } from '../qemu/tools.js';
import { temporaryFolder } from '../temporary.js';
import { type Case, caseRecord, expectedOf, randomCases } from './cases.js';

const CASES = randomCases(500, 15);
const MAIN = join(HERE, 'pictures.c');

const writeCases = (folder: string, cases: readonly Case[]): void =>
  writeFileSync(join(folder, 'inputs'), concatUint8Arrays(...cases.map(caseRecord)));

/** Compares what the program left in a folder; returns the instructions of each case. */
function compare(t: ExecutionContext, folder: string, cases: readonly Case[]): number[] {
  const outputs = new Uint8Array(readFileSync(join(folder, 'outputs')));
  const counts: number[] = [];
  let at = 0;
  for (const [i, one] of cases.entries()) {
    const { bytes, box } = expectedOf(one);
    const { frame, input, fit } = one;
    const what = `case ${i}: ${frame.format} ${frame.width}x${frame.height}, ${fit} to ${input.width}x${input.height}x${input.channels}`;
    const found = outputs.slice(at, at + bytes.length);
    const wrong = found.findIndex((byte, j) => byte !== bytes[j]);
    t.true(wrong < 0 && found.length === bytes.length, `${what}: byte ${wrong} of ${found.length}`);
    at += bytes.length;
    const words = new Int32Array(outputs.slice(at, at + 20).buffer);
    t.deepEqual([...words.subarray(0, 4)], box, what);
    counts.push(words[4] >>> 0);
    at += 20;
  }
  t.is(at, outputs.length);
  return counts;
}

withTools(test, ['gcc'], '500 random frames under the sanitizers: the same bytes, and the same boxes', (t) => {
  const path = program([MAIN, ...CORE_FILES.map((name) => join(GLUE, 'core', name))], [...SANITIZE, '-DHOST']);
  const folder = dirname(path);
  writeCases(folder, CASES);
  run('sh', ['-c', `cd ${folder} && ./program`]);
  compare(t, folder, CASES);
});

/** Links the program for a core, beside some model, and runs it on the cases; its instructions for each. */
function onCore(t: ExecutionContext, core: Core, cases: readonly Case[]): number[] {
  const model = loadModel('digits-mini');
  if (model.kind !== 'graph') throw new Error('digits-mini is a .dw file');
  const folder = temporaryFolder();
  const { blob } = compile(model.graph);
  const elf = linkImage(core, 'aot', blob, folder, roomOf(core), undefined, MAIN);
  writeCases(folder, cases);
  const { status, stderr } = runEmulator(core, elf, 600);
  t.is(status, 0, stderr);
  return compare(t, folder, cases);
}

for (const core of EVERY_CORE) {
  withTools(test, coreTools(core), `500 random frames on ${core.id}: the same bytes, and the same boxes`, (t) => {
    onCore(t, core, CASES);
  });
}

/** Of docs/pictures.md: what frames cost, in millions of instructions. */
interface Cost {
  frame: string;
  input: string;
  rv32: number;
  m4: number;
}

function documented(): Cost[] {
  const text = readFileSync(new URL('../../docs/pictures.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (\w+ \d+x\d+) \| (\d+x\d+x\d) \| ([\d.]+) M \| ([\d.]+) M \|$/gm)];
  return rows.map(([, frame, input, rv32, m4]) => ({ frame, input, rv32: Number(rv32), m4: Number(m4) }));
}

function costCase({ frame, input }: Cost): Case {
  const [format, size] = frame.split(' ') as [FrameFormat, string];
  const [width, height] = size.split('x').map(Number);
  const [toWidth, toHeight, channels] = input.split('x').map(Number);
  const data = new Uint8Array(rowBytes(format, width) * height).map((_, i) => 37 * i);
  return {
    frame: { width, height, format, data },
    fit: 'crop',
    input: { width: toWidth, height: toHeight, channels: channels as 1 | 3 },
    dtype: 'int8',
    pixels: { multiplier: 65536, offset: -128 * 65536 },
    box: { x: 0, y: 0, width: 0, height: 0 },
  };
}

for (const core of [CORES.rv32, CORES.m4]) {
  withTools(test, coreTools(core), `frames cost on ${core.id} what docs/pictures.md says`, (t) => {
    const costs = documented();
    t.is(costs.length, 8);
    const counts = onCore(t, core, costs.map(costCase));
    for (const [i, cost] of costs.entries()) {
      const [found, said] = [counts[i] / 1e6, cost[core.id]];
      t.log(`${cost.frame} to ${cost.input}: ${found.toFixed(2)} M`);
      t.true(found <= said + 0.005 && found > 0.9 * said, `${cost.frame}: ${found.toFixed(2)} M instead of ${said} M`);
    }
  });
}

/** `run` on the firmware: what it prints, and what is missing where it cannot. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { temporaryFolder } from '../temporary.js';
import { coreTools, EVERY_CORE, withTools } from './tools.js';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const MODEL = 'mobilenet:0.25@32x32x3,4';
const folder = temporaryFolder();
const input = join(folder, 'x.bin');
const RECORD = 32 * 32 * 3;
writeFileSync(
  input,
  Uint8Array.from({ length: 2 * RECORD }, (_, i) => i * 37),
);

/** What an ESP8266 has the RAM for, beside wasm3. */
const SMALL = 'mobilenet:0.25@16x16x1,2';
const smallInput = join(folder, 'y.bin');
writeFileSync(smallInput, readFileSync(input).subarray(0, 2 * 16 * 16));

const run = (model: string, ...args: string[]) =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [CLI, 'run', model, '--input', model === SMALL ? smallInput : input, ...args, '--json'],
      { encoding: 'utf8' },
    ),
  );

for (const core of EVERY_CORE) {
  withTools(test, coreTools(core), `${core.id}: the bytes of every other engine, and the same counts again`, (t) => {
    const model = core.id === 'lx106' ? SMALL : MODEL;
    const files = ['a.bin', 'b.bin'].map((name) => join(folder, `${core.id}-${name}`));
    const expected = run(model, '--engine', 'wasm3', '--output', files[0]);
    const first = run(model, '--engine', `qemu-${core.id}`, '--output', files[1]);
    t.deepEqual(readFileSync(files[1]), readFileSync(files[0]));
    t.deepEqual(first.output, expected.output);
    t.is(first.records, 2);
    t.is(first.compiledCodeBytes, expected.compiledCodeBytes);
    t.is(first.streamedBytes, expected.streamedBytes);
    t.is(first.heapBytes, expected.heapBytes, 'the simulator knows what a board needs');
    t.true(first.instructions > 2 * expected.ops);
    t.is(first.instructionsPerMac, Number((first.instructions / first.macs).toFixed(3)));
    t.true(first.firstInstructions < 1.001 * first.instructions, 'wasm3 compiles nothing in the first inference');
    for (const field of ['openInstructions', 'codeBytes', 'stackBytes']) t.true(first[field] > 0, field);

    const second = run(model, '--engine', `qemu-${core.id}`);
    for (const field of ['instructions', 'firstInstructions', 'openInstructions', 'stackBytes', 'heapBytes']) {
      t.is(second[field], first[field], field);
    }
  });

  test(`${core.id}: exit code 4 and the packages where the compiler is missing`, (t) => {
    const args = [CLI, 'run', MODEL, '--input', input, '--engine', `qemu-${core.id}`];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH: folder } });
    t.is(status, 4, stderr);
    t.true(stderr.includes(`apt-get install --no-install-recommends ${core.packages.join(' ')}`), stderr);
  });
}

withTools(
  test,
  coreTools(EVERY_CORE[1]),
  'a model that the board has no RAM for: exit code 3 and what is too small',
  (t) => {
    const big = join(folder, 'big.bin');
    writeFileSync(big, new Uint8Array(224 * 224 * 3));
    const args = [CLI, 'run', 'mobilenet:0.25@224x224x3,2', '--input', big, '--engine', 'qemu-m4'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    t.is(status, 3, stderr);
    t.regex(stderr, /RAM of stm32f405/);
  },
);

for (const [flags, message] of [
  [['--runtime', 'wasm3'], /needs --engine qemu-rv32, qemu-m4, qemu-xtensa, qemu-lx106, not/],
  [['--engine', 'qemu-m4', '--layers', folder], /--layers cannot look into the firmware/],
] as const) {
  test(`usage: ${flags.slice(0, -1).join(' ')}`, (t) => {
    const args = [CLI, 'run', MODEL, '--input', input, ...flags];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    t.is(status, 2, stderr);
    t.regex(stderr, message);
  });
}

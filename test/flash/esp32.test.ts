/** From a model to a board's flash: bundle, a stand-in for the firmware's build, flash, and a board that answers. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import test from 'ava';
import { CHIPS } from '../../src/bundle/esp32/chips.js';
import { readBundle, sha256 } from '../../src/bundle/folder.js';
import type { Esp32Plan } from '../../src/bundle/manifest.js';
import { DepthwiseError } from '../../src/errors.js';
import { type Doors, flashEsp32 } from '../../src/flash/esp32.js';
import { cli, Folder } from '../cli/cli.js';
import { bench, bundled, holds, holdsAll, MODEL_ADDRESS, noise, partitionTable, SLOT_BYTES } from './esp32-bench.js';
import { InProcess } from './esp32-lines.js';
import type { ChipName, Faults } from './esp32-peer.js';

interface Flashed {
  written: { address: number | string; bytes: number; sha256: string }[];
  notes: string[];
}

async function flash(folder: string, line: InProcess, doors: Doors = {}): Promise<Flashed> {
  const notes: string[] = [];
  const options = { port: 'PORT', dryRun: false, progress: () => {}, note: (text: string) => void notes.push(text) };
  const written = await flashEsp32(readBundle(folder), options, { open: async () => line, ...doors });
  return { written, notes };
}

/** The error that flashing ends with. */
async function refused(folder: string, line: InProcess, doors: Doors = {}): Promise<DepthwiseError> {
  const error = await flash(folder, line, doors).then(
    () => new Error('it was flashed'),
    (error) => error,
  );
  if (error instanceof DepthwiseError) return error;
  throw error;
}

function board(chip: ChipName, faults: Faults = {}): InProcess {
  const line = new InProcess(chip);
  line.peer.faults = faults;
  return line;
}

for (const [target, chip] of [
  ['esp32', 'ESP32'],
  ['esp32-s3', 'ESP32-S3'],
  ['esp32-c3', 'ESP32-C3'],
  ['esp32-c6', 'ESP32-C6'],
  ['esp32-p4', 'ESP32-P4'],
] as const) {
  test.serial(`${target}: firmware and model are written, then nothing, then only another model`, async (t) => {
    const made = await bench(target);
    const line = new InProcess(chip, 16 * 1024 * 1024);
    const { written, notes } = await flash(made.folder, line);
    t.true(holdsAll(line, made));
    t.deepEqual(notes, []);
    // The second slot is erased on a new board.
    t.deepEqual(
      written.map(({ address }) => address),
      [CHIPS[target].bootloader, 0x8000, 0x10000, MODEL_ADDRESS],
    );
    t.deepEqual(written[3], { address: MODEL_ADDRESS, bytes: made.model.length, sha256: sha256(made.model) });

    t.deepEqual((await flash(made.folder, line)).written, []);

    // A model that came over the air into the other slot gives way to the one that is flashed.
    line.peer.flash.fill(0, MODEL_ADDRESS + SLOT_BYTES, MODEL_ADDRESS + SLOT_BYTES + 64);
    await bundled(made.folder, target, 'digits', '--memory', 'min');
    const model = new Uint8Array(readFileSync(join(made.folder, 'model.bin')));
    t.deepEqual(
      (await flash(made.folder, line)).written.map(({ address }) => address),
      [MODEL_ADDRESS, MODEL_ADDRESS + SLOT_BYTES],
    );
    t.true(holdsAll(line, { ...made, model }));
  });
}

test.serial('lost bytes: the block is sent again, and it ends well', async (t) => {
  const made = await bench();
  const line = board('ESP32-C3', { lose: { bytes: 100, times: 1 } });
  t.deepEqual((await flash(made.folder, line)).notes, []);
  t.true(holdsAll(line, made));
});

test.serial('a wrong checksum: the block is sent again, and it ends well', async (t) => {
  const made = await bench();
  const line = board('ESP32-C3', { garble: { times: 2 } });
  t.deepEqual((await flash(made.folder, line)).notes, []);
  t.true(holdsAll(line, made));
});

test.serial('a line that is too slow for the fast rate', async (t) => {
  const made = await bench();
  const line = board('ESP32-C3', { fastestBaud: 115200 });
  await flash(made.folder, line);
  t.true(holdsAll(line, made));
});

test.serial('a line that stays bad: once more and slower', async (t) => {
  const made = await bench();
  const line = board('ESP32-C3', { garble: { times: 4 } });
  const { notes } = await flash(made.folder, line);
  t.is(notes.length, 1);
  t.regex(notes[0], /^PORT: .*; once more with 115200 baud$/);
  t.true(holdsAll(line, made));
});

test.serial('a wrong checksum each time: BOARD_FAILED with the place, exit code 1', async (t) => {
  const made = await bench();
  const error = await refused(made.folder, board('ESP32-C3', { garble: { times: 1000 } }));
  t.is(error.code, 'BOARD_FAILED');
  t.is(error.exitCode, 1);
  t.regex(
    error.message,
    /does not answer as an ESP32 should \(.*193.*\); 0 of 9,000 B of bootloader.bin were written/s,
  );
});

test.serial('a pulled cable: BOARD_FAILED with the place; then it goes on from there', async (t) => {
  const made = await bench();
  const line = board('ESP32-C3', { pullAfter: 9 });
  const error = await refused(made.folder, line);
  t.is(error.code, 'BOARD_FAILED');
  t.regex(error.message, /went away: was the cable pulled\? 65,536 of 150,000 B of firmware.bin were written\./);

  line.peer.faults = {};
  line.peer.blocks.clear();
  const { written } = await flash(made.folder, line);
  t.true(holdsAll(line, made));
  // The bootloader, the table and the application's first piece stay as they are.
  t.deepEqual([...line.peer.blocks.keys()], [0x20000, 0x30000, MODEL_ADDRESS]);
  t.deepEqual(
    written.map(({ address }) => address),
    [0x10000, MODEL_ADDRESS],
  );
});

test.serial('flash that does not hold what is written: CHECK_FAILED', async (t) => {
  const made = await bench();
  const error = await refused(made.folder, board('ESP32-C3', { wornAt: MODEL_ADDRESS + 5000 }));
  t.is(error.code, 'CHECK_FAILED');
  t.regex(error.message, /^model.bin: the flash at 0x190000 has MD5 [0-9a-f]{32} after writing, expected [0-9a-f]{32}/);
});

test.serial('another chip: BOARD_FAILED, what it is, what would fit; nothing is written', async (t) => {
  const made = await bench();
  const line = board('ESP32-S3');
  const error = await refused(made.folder, line);
  t.is(error.code, 'BOARD_FAILED');
  t.regex(error.message, /PORT is an ESP32-S3, and the bundle is for an ESP32-C3 .*--target esp32-s3/);
  t.is(line.peer.blocks.size, 0);
});

test.serial('less flash than the bundle takes: BOARD_FAILED', async (t) => {
  const made = await bench();
  const error = await refused(made.folder, new InProcess('ESP32-C3', 2 * 1024 * 1024));
  t.regex(error.message, /has 2,097,152 B of flash, and the bundle is laid out for 4,194,304 B/);
});

test.serial('nobody there: BOARD_FAILED', async (t) => {
  const made = await bench();
  const error = await refused(made.folder, board('ESP32-C3', { mute: true }));
  t.is(error.code, 'BOARD_FAILED');
  t.regex(error.message, /nothing was written yet\. Hold its BOOT button/);
});

test.serial('a partition table whose model partition is too small: BUNDLE_INVALID, exit code 3', async (t) => {
  const made = await bench();
  const { partitions } = readBundle(made.folder).manifest.flash as Esp32Plan;
  const small = partitions.map((partition) => ({ ...partition, bytes: Math.min(partition.bytes, 0x4000) }));
  writeFileSync(join(made.folder, '.pio', 'build', 'esp32-c3', 'partitions.bin'), partitionTable(small));
  const error = await refused(made.folder, board('ESP32-C3'));
  t.is(error.exitCode, 3);
  t.regex(
    error.message,
    /^model.bin takes 0x190000 to .* has 16,384 B at 0x190000: the model is larger than its partition/,
  );
});

test.serial('a model larger than two slots: the bundle is refused with the room there is', async (t) => {
  const folder = new Folder();
  const { exitCode, stderr } = await cli(
    'bundle',
    'mobilenet:1@96x96x3,1000',
    '--target',
    'esp32',
    '-o',
    folder.file('x'),
  );
  t.is(exitCode, 3);
  t.regex(stderr, /each of two slots for models can have 1,277,952 B.*\[MODEL_TOO_LARGE\]/);
  t.deepEqual(folder.names(), []);
});

test.serial('a dry run names every image and needs no port; before the build it says so', async (t) => {
  const { folder } = await bench();
  const dry = await cli('flash', folder, '--dry-run', '--json');
  const addresses = ({ stdout }: { stdout: string }) =>
    JSON.parse(stdout).written.map(({ address }: { address: number }) => address);
  const model = [MODEL_ADDRESS, MODEL_ADDRESS + SLOT_BYTES];
  t.deepEqual(addresses(dry), [0, 0x8000, 0x10000, ...model]);
  rmSync(join(folder, '.pio'), { recursive: true });
  const unbuilt = await cli('flash', folder, '--dry-run', '--json');
  t.deepEqual(addresses(unbuilt), model);
  t.regex(unbuilt.stderr, /firmware has not been built yet/);
});

test.serial('the build of ESP-IDF is found by its flasher_args.json', async (t) => {
  const { folder } = await bench();
  rmSync(join(folder, '.pio'), { recursive: true });
  mkdirSync(join(folder, 'build', 'bootloader'), { recursive: true });
  const files = { '0x0': 'bootloader/bootloader.bin', '0x10000': 'depthwise_example.bin' };
  for (const [i, file] of Object.values(files).entries()) writeFileSync(join(folder, 'build', file), noise(500 + i));
  writeFileSync(join(folder, 'build', 'flasher_args.json'), JSON.stringify({ flash_files: files }));
  const line = board('ESP32-C3');
  await flash(folder, line);
  t.true(holds(line, 0, noise(500)) && holds(line, 0x10000, noise(501)));
});

/** The folder of a program that takes the place of PlatformIO, or of another one. */
function standIn(script: string, name = 'pio'): string {
  const folder = new Folder();
  chmodSync(folder.write(name, `#!/bin/sh\n${script}\n`), 0o755);
  return folder.path;
}

/** Runs with these folders alone on PATH. */
async function onPath<T>(folders: readonly string[], run: () => Promise<T>): Promise<T> {
  const { PATH } = process.env;
  process.env.PATH = folders.join(delimiter);
  try {
    return await run();
  } finally {
    process.env.PATH = PATH;
  }
}

test.serial('firmware that is not built: exit code 4 and the command', async (t) => {
  const { folder } = await bench();
  rmSync(join(folder, '.pio'), { recursive: true });
  const without = await onPath([], () => cli('flash', folder, '--port', 'PORT'));
  t.is(without.exitCode, 4);
  t.regex(without.stderr, /python3 -m pip install platformio && cd .* && pio run \[TOOL_MISSING\]/);

  const pio = standIn('exit 0');
  const nobody = await onPath([pio], () => cli('flash', folder, '--port', 'PORT'));
  t.is(nobody.exitCode, 4);
  t.regex(nobody.stderr, /has not been built: cd .*project && pio run \[TOOL_MISSING\]/);
  const no = await onPath([pio], () => refused(folder, board('ESP32-C3'), { ask: async () => false }));
  t.is(no.exitCode, 4);
});

test.serial('firmware that is built when the user says so', async (t) => {
  const made = await bench();
  const built = join(made.folder, 'kept');
  mkdirSync(built);
  const yes = { ask: async () => true };
  const move = standIn('[ "$1" = --version ] || /bin/mv kept/.pio .');
  renameSync(join(made.folder, '.pio'), join(built, '.pio'));
  const line = board('ESP32-C3');
  await onPath([move], () => flash(made.folder, line, yes));
  t.true(holdsAll(line, made));

  rmSync(join(made.folder, '.pio'), { recursive: true });
  const failing = standIn('[ "$1" = --version ] || exit 3');
  t.is((await onPath([failing], () => refused(made.folder, line, yes))).code, 'CHECK_FAILED');
});

test.serial("without our packages: exit code 4 and the command, or Espressif's esptool", async (t) => {
  const { folder } = await bench();
  const missing = async (): Promise<never> => {
    throw new DepthwiseError('PACKAGE_MISSING', 'npm install esptool-js serialport');
  };
  const doors = { open: missing };
  const line = board('ESP32-C3');
  t.is((await onPath([], () => refused(folder, line, doors))).exitCode, 4);

  // It says no to the verification of what was not written yet, and keeps a list of its calls.
  const calls = join(new Folder().path, 'calls');
  const script = `[ "$1" = version ] && exit 0
echo "$@" >> ${calls}
case "$7 $8" in "verify_flash 0x0" | "verify_flash 0x8000" | write_flash*) exit 0 ;; esac
exit 2`;
  const tool = standIn(script, 'esptool.py');
  const { written } = await onPath([tool], () => flash(folder, line, doors));
  t.deepEqual(
    written.map(({ address }) => address),
    [0x10000, MODEL_ADDRESS, MODEL_ADDRESS + SLOT_BYTES],
  );
  const said = readFileSync(calls, 'utf8').trim().split('\n');
  t.is(said.length, 8);
  const place = join(folder, '.pio', 'build', 'esp32-c3', 'firmware.bin');
  t.is(said[3], `--chip esp32c3 --port PORT --baud 460800 write_flash 0x10000 ${place}`);

  const failing = standIn('[ "$1" = version ] || { echo "A fatal error occurred: Wrong chip."; exit 2; }', 'esptool');
  const error = await onPath([failing], () => refused(folder, line, doors));
  t.is(error.code, 'BOARD_FAILED');
  t.regex(error.message, /^PORT: esptool could not write bootloader.bin: A fatal error occurred: Wrong chip\./);
});

test.serial('ports that cannot be opened: exit code 2 and why', async (t) => {
  const { folder } = await bench();
  const missing = await cli('flash', folder, '--port', '/dev/ttyUSB_none');
  t.is(missing.exitCode, 2);
  t.regex(missing.stderr, /ttyUSB_none cannot be opened \(.*no such file.*\).*\[PORT_UNAVAILABLE\]/is);
});

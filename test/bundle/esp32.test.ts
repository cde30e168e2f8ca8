import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { partitionsCsv, partitionsFor } from '../../src/boards/esp32-flash.js';
import { slotImage } from '../../src/bundle/esp32/slot.js';
import { readBundle } from '../../src/bundle/folder.js';
import { crc32 } from '../../src/format/crc32.js';
import * as S from '../../src/format/slot-layout.js';
import { cli, cliJson, Folder } from '../cli/cli.js';

const MIB = 1024 * 1024;

/** Files of every project, whatever runs the kernels. */
const ALWAYS = [
  'CMakeLists.txt',
  'README.md',
  'components/depthwise/CMakeLists.txt',
  'components/depthwise/Kconfig',
  'components/depthwise/LICENSE',
  'components/depthwise/core/dw.c',
  'components/depthwise/core/dw_slots.c',
  'components/depthwise/idf_component.yml',
  'components/depthwise/include/dw_model.h',
  'components/depthwise/library.json',
  'components/depthwise/model_kernels.c',
  'components/depthwise/src/dw_model.c',
  'main/CMakeLists.txt',
  'main/main.c',
  'main/model_facts.h',
  'model.bin',
  'model.dw',
  'other-slot.bin',
  'partitions.csv',
  'platformio.ini',
  'sdkconfig.defaults',
];

const WASM3 = [
  'core/dw_wasm3.c',
  'core/dw_wasm3_calls.c',
  'core/wasm3_config.h',
  'wasm3/m3_core.c',
  'wasm3/LICENSE.txt',
];
const AOT = ['core/dw_aot.c', 'core/dw_check_steps.c', 'core/dw_check_tasks.c', 'core/dw_check.h', 'core/kernels.c'];

for (const [target, chip, megahertz] of [
  ['esp32', 'esp32', 240],
  ['esp32-s3', 'esp32s3', 240],
  ['esp32-c3', 'esp32c3', 160],
  ['esp32-c6', 'esp32c6', 160],
  ['esp32-p4', 'esp32p4', 360],
] as const) {
  test.serial(`${target}: a whole project, for either runtime`, async (t) => {
    const folder = new Folder();
    for (const runtime of ['wasm3', 'aot']) {
      const place = folder.file(runtime);
      const report = await cliJson('bundle', 'digits-mini', '--target', target, '-o', place, '--runtime', runtime);
      t.like(report, { target, runtime, model: 'digits-mini' });
      // Every file is there and as bundle.json says.
      const { manifest, contents } = readBundle(place);
      const paths = [...contents.keys()];
      const component = (name: string): string => `components/depthwise/${name}`;
      for (const path of ALWAYS) t.true(paths.includes(path), path);
      const [own, other] = runtime === 'wasm3' ? [WASM3, AOT] : [AOT, WASM3];
      for (const name of own) t.true(paths.includes(component(name)), name);
      for (const name of other) t.false(paths.includes(component(name)), name);
      t.false(paths.some((path) => path.includes('example/')));

      const text = (path: string): string => readFileSync(join(place, path), 'utf8');
      t.regex(text('sdkconfig.defaults'), new RegExp(`^CONFIG_IDF_TARGET="${chip}"$`, 'm'));
      t.regex(text('sdkconfig.defaults'), new RegExp(`^CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ_${megahertz}=y$`, 'm'));
      t.is(text(component('library.json')).includes('wasm3_config.h'), runtime === 'wasm3');
      t.is(manifest.flash.kind, 'esp32');
      t.deepEqual(
        manifest.files.flatMap(({ path, address }) => (address === undefined ? [] : [[path, address]])),
        [
          ['model.bin', 0x190000],
          ['other-slot.bin', 0x1a0000],
        ],
      );
    }
  });
}

test.serial('the same model gives the same bundle; a .dw file gives that of its model', async (t) => {
  const folder = new Folder();
  await cli('compile', 'digits-mini', '-o', folder.file('m.dw'));
  const files = [];
  for (const [i, model] of ['digits-mini', 'digits-mini', folder.file('m.dw')].entries()) {
    const { files: written } = await cliJson('bundle', model, '--target', 'esp32', '-o', folder.file(`b${i}`));
    files.push(written);
  }
  t.deepEqual(files[1], files[0]);
  t.deepEqual(files[2], files[0]);
});

test.serial('a name that would end a C comment or a line does not', async (t) => {
  const folder = new Folder();
  await cli('compile', 'digits-mini', '-o', folder.file('m.dw'));
  const blob = folder.read('m.dw');
  const at = Buffer.from(blob).indexOf('digits-mini');
  blob.set(new TextEncoder().encode('*/\nint x;/*'), at);
  new DataView(blob.buffer).setUint32(12, crc32(blob.subarray(16)), true);
  await cliJson('bundle', folder.write('named.dw', blob), '--target', 'esp32', '-o', folder.file('b'));
  t.regex(readFileSync(folder.file('b/main/model_facts.h'), 'utf8'), /^\/\* Of .*: "__int x;\/\*"\. \*\/$/m);
});

test('slots: pages of 64 KiB, room for a larger model, none beyond the flash, none that overlap', (t) => {
  for (const [blob, flash, slot] of [
    [20_000, 4 * MIB, 0x10000],
    [233_000, 4 * MIB, 0x60000],
    // Half of what is left, in sectors.
    [1_200_000, 4 * MIB, 0x138000],
    [1_200_000, 8 * MIB, 0x1c0000],
  ]) {
    const partitions = partitionsFor(blob, flash);
    const model = partitions.at(-1)!;
    t.is(model.bytes, 2 * slot);
    partitions.forEach(({ address, bytes }, i) => {
      t.true(address + bytes <= (partitions[i + 1]?.address ?? flash));
      t.is(address % S.SLOT_SECTOR, 0);
    });
    t.is(partitionsCsv(partitions).trim().split('\n').length, 2 + partitions.length);
  }
  t.throws(() => partitionsFor(1_277_952 - 4096 + 1, 4 * MIB), { message: /can have 1,277,952 B, 4,096 B of them/ });
  t.throws(() => partitionsFor(1000, MIB), { message: /can have 0 B/ });
});

test('a slot: record with its CRC, marks of a model that has run, the file behind the sector', (t) => {
  const image = slotImage(Uint8Array.of(1, 2, 3), 7);
  const view = new DataView(image.buffer);
  t.is(image.length, S.SLOT_MODEL + 3);
  t.is(view.getUint32(S.SLOT_R_SEQUENCE, true), 7);
  t.is(view.getUint32(S.SLOT_R_CRC32, true), crc32(Uint8Array.of(1, 2, 3)));
  t.is(view.getUint32(S.SLOT_R_CHECK, true), crc32(image.subarray(0, S.SLOT_R_CHECK)));
  t.true(image.subarray(S.SLOT_CONFIRMED, S.SLOT_CONFIRMED + S.SLOT_UNIT).every((byte) => byte === 0));
  t.true(image.subarray(S.SLOT_REJECTED, S.SLOT_MODEL).every((byte) => byte === 0xff));
});

/** A bundle with its firmware built, as the flashing of ESP32 boards finds it, and whether a board holds it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asset } from '../../src/assets.js';
import type { Partition } from '../../src/boards/esp32-flash.js';
import { CHIPS } from '../../src/bundle/esp32/chips.js';
import { readBundle } from '../../src/bundle/folder.js';
import type { Esp32Plan } from '../../src/bundle/manifest.js';
import { cli, Folder } from '../cli/cli.js';
import { seededRandom } from '../graph/builder.js';

export const MODEL_ADDRESS = 0x190000;
export const SLOT_BYTES = 0x10000;

/** Bytes that do not compress. */
export function noise(count: number): Uint8Array {
  const random = seededRandom(count);
  return Uint8Array.from({ length: count }, () => random() * 256);
}

/** Entries of 32 bytes: magic, type, subtype, offset, size, label. */
export function partitionTable(partitions: readonly Partition[]): Uint8Array {
  const table = Buffer.alloc(0xc00, 0xff);
  partitions.forEach(({ name, address, bytes }, i) => {
    const entry = table.subarray(32 * i, 32 * (i + 1)).fill(0);
    entry.set([0xaa, 0x50, 0x40, 0]);
    entry.writeUInt32LE(address, 4);
    entry.writeUInt32LE(bytes, 8);
    entry.write(name, 12);
  });
  return table;
}

interface Bench {
  folder: string;
  target: string;
  model: Uint8Array;
  app: Uint8Array;
}

export async function bundled(folder: string, target: string, model: string, ...options: string[]): Promise<void> {
  const { exitCode, stderr } = await cli('bundle', model, '--target', target, '-o', folder, ...options);
  if (exitCode !== 0) throw new Error(stderr);
}

/** What PlatformIO leaves behind, with noise in place of an application. */
function build(folder: string, target: string, app: Uint8Array): void {
  const place = join(folder, '.pio', 'build', target);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'bootloader.bin'), noise(9000));
  const { partitions } = readBundle(folder).manifest.flash as Esp32Plan;
  writeFileSync(join(place, 'partitions.bin'), partitionTable(partitions));
  writeFileSync(join(place, 'firmware.bin'), app);
}

/** A bundle of a .tflite file, with its firmware built. */
export async function bench(target = 'esp32-c3', model = 'digits'): Promise<Bench> {
  const files = new Folder();
  const folder = files.file('project');
  await bundled(folder, target, files.write('model.tflite', asset(`models/${model}.tflite`)));
  const app = noise(150_000);
  build(folder, target, app);
  return { folder, target, model: new Uint8Array(readFileSync(join(folder, 'model.bin'))), app };
}

export const holds = ({ peer }: { peer: { flash: Buffer } }, address: number, data: Uint8Array): boolean =>
  peer.flash.subarray(address, address + data.length).equals(data);

export function holdsAll(line: { peer: { flash: Buffer } }, { target, model, app }: Bench): boolean {
  const erased = new Uint8Array(4096).fill(0xff);
  return (
    holds(line, CHIPS[target].bootloader, noise(9000)) &&
    holds(line, 0x10000, app) &&
    holds(line, MODEL_ADDRESS, model) &&
    holds(line, MODEL_ADDRESS + SLOT_BYTES, erased)
  );
}

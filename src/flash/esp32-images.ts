/** Contents of an ESP32's flash: the images of the firmware's build, and those of the bundle. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { APP, MODEL_PARTITION } from '../boards/esp32-flash.js';
import { chipNamed } from '../bundle/esp32/chips.js';
import type { ReadBundle } from '../bundle/folder.js';
import type { Esp32Plan } from '../bundle/manifest.js';
import { DepthwiseError } from '../errors.js';
import { formatNumber } from '../report/table.js';

export interface Image {
  name: string;
  /** Its path, and what is in it. */
  file: string;
  data: Uint8Array;
  address: number;
}

const TABLE_ADDRESS = 0x8000;
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Images of the bundle, in the order in which they are written. */
export function modelImages({ folder, manifest, contents }: ReadBundle): Image[] {
  return manifest.files.flatMap(({ path, address }) =>
    typeof address === 'number' ? [{ name: path, file: join(folder, path), data: contents.get(path)!, address }] : [],
  );
}

/**
 * Images of the firmware where it has been built, by ESP-IDF (build/) or PlatformIO (.pio/build/), whichever is newer;
 * undefined where it has not.
 */
export function firmwareImages({ folder, manifest }: ReadBundle): Image[] | undefined {
  const builds = [
    ...idfBuild(folder),
    ...platformioBuilds(folder, chipNamed((manifest.flash as Esp32Plan).chip).bootloader),
  ];
  const whole = builds.filter((files) => files.every(({ file }) => existsSync(file)));
  const age = (files: Built[]): number => Math.max(...files.map(({ file }) => statSync(file).mtimeMs));
  const [newest] = whole.sort((a, b) => age(b) - age(a));
  return newest?.map(({ file, address }) => ({
    name: basename(file),
    file,
    address,
    data: new Uint8Array(readFileSync(file)),
  }));
}

interface Built {
  file: string;
  address: number;
}

/** build/flasher_args.json names the files by their addresses. */
function idfBuild(folder: string): Built[][] {
  const args = join(folder, 'build', 'flasher_args.json');
  if (!existsSync(args)) return [];
  const { flash_files: files } = JSON.parse(readFileSync(args, 'utf8'));
  return [
    Object.entries<string>(files ?? {}).map(([address, file]) => ({
      file: join(folder, 'build', file),
      address: Number(address),
    })),
  ];
}

function platformioBuilds(folder: string, bootloader: number): Built[][] {
  const builds = join(folder, '.pio', 'build');
  if (!existsSync(builds)) return [];
  const folders = readdirSync(builds).filter((name) => existsSync(join(builds, name, 'firmware.bin')));
  return folders.map((name) => [
    { file: join(builds, name, 'bootloader.bin'), address: bootloader },
    { file: join(builds, name, 'partitions.bin'), address: TABLE_ADDRESS },
    { file: join(builds, name, 'firmware.bin'), address: APP.address },
  ]);
}

/**
 * Every image fits where it goes: those of the model into their partition, as the bundle has it and as the firmware was
 * built with it.
 * @throws DepthwiseError BUNDLE_INVALID.
 */
export function checkPlaces(plan: Esp32Plan, model: readonly Image[], firmware: readonly Image[]): void {
  const own = plan.partitions.find(({ name }) => name === MODEL_PARTITION);
  const table = firmware.find(({ address }) => address === TABLE_ADDRESS);
  const built = table && partitionIn(table.data);
  for (const image of model) {
    checkInside(image, own, 'bundle.json');
    if (table) checkInside(image, built, `the partition table of the firmware (${table.name})`);
  }
}

interface Place {
  address: number;
  bytes: number;
}

function checkInside({ name, address, data }: Image, place: Place | undefined, where: string): void {
  const end = address + data.length;
  if (place && address >= place.address && end <= place.address + place.bytes) return;
  const found = place ? `has ${formatNumber(place.bytes)} B at ${hex(place.address)}` : 'does not exist';
  throw new DepthwiseError(
    'BUNDLE_INVALID',
    `${name} takes ${hex(address)} to ${hex(end)}, and the partition "${MODEL_PARTITION}" of ${where} ${found}: the model is larger than its partition, or belongs to another build. Write the bundle again, and build its firmware with the partitions.csv in it.`,
  );
}

/** The model's partition in a binary partition table: entries of 32 bytes, ESP-IDF's "Partition Tables" page. */
function partitionIn(table: Uint8Array): Place | undefined {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  for (let at = 0; at + 32 <= table.length && view.getUint16(at, true) === 0x50aa; at += 32) {
    const label = new TextDecoder().decode(table.subarray(at + 12, at + 28)).replace(/\0.*$/s, '');
    if (label === MODEL_PARTITION) {
      return { address: view.getUint32(at + 4, true), bytes: view.getUint32(at + 8, true) };
    }
  }
  return undefined;
}

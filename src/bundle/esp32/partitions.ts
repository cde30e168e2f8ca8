/** Where everything lies in the flash of an ESP32: its partition table, as ESP-IDF reads it from partitions.csv. */
import { DepthwiseError } from '../../errors.js';
import { SLOT_MODEL, SLOT_SECTOR } from '../../format/slot-layout.js';
import { formatNumber } from '../../report/table.js';

export interface Partition {
  name: string;
  type: string;
  subtype: string;
  address: number;
  bytes: number;
}

/** The application: wasm3, the example, and room for Wi-Fi. */
export const APP = { address: 0x10000, bytes: 0x180000 };

/** Flash is mapped, and partitions of models stand, in pages of this size. */
const PAGE = 0x10000;

/** A slot has room for a model that is this much larger. */
const ROOM = 1.5;

/**
 * Partitions for a model and its updates.
 * @param blobBytes of the .dw file.
 * @param flashBytes of the chip's flash.
 * @throws DepthwiseError MODEL_TOO_LARGE where two slots do not fit.
 */
export function partitionsFor(blobBytes: number, flashBytes: number): Partition[] {
  const address = APP.address + APP.bytes;
  const most = Math.floor((flashBytes - address) / 2 / SLOT_SECTOR) * SLOT_SECTOR;
  const wanted = Math.ceil((SLOT_MODEL + ROOM * blobBytes) / PAGE) * PAGE;
  const slot = Math.min(wanted, most);
  if (slot < SLOT_MODEL + blobBytes) {
    throw new DepthwiseError(
      'MODEL_TOO_LARGE',
      `The .dw file has ${formatNumber(blobBytes)} B. Of ${formatNumber(flashBytes)} B of flash each of two slots for models can have ${formatNumber(Math.max(0, most))} B, ${formatNumber(SLOT_MODEL)} B of them for its record: choose a smaller model, or a board with more flash.`,
    );
  }
  return [
    { name: 'nvs', type: 'data', subtype: 'nvs', address: 0x9000, bytes: 0x6000 },
    { name: 'phy_init', type: 'data', subtype: 'phy', address: 0xf000, bytes: 0x1000 },
    { name: 'factory', type: 'app', subtype: 'factory', ...APP },
    { name: MODEL_PARTITION, type: '0x40', subtype: '0x00', address, bytes: 2 * slot },
  ];
}

/** Its label; two slots. */
export const MODEL_PARTITION = 'model';

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Text of partitions.csv. */
export function partitionsCsv(partitions: readonly Partition[]): string {
  const lines = partitions.map(({ name, type, subtype, address, bytes }) =>
    [name, type, subtype, hex(address), hex(bytes)].join(', '),
  );
  return ['# Name, Type, SubType, Offset, Size', '# model: two slots for models', ...lines, ''].join('\n');
}

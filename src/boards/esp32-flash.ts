/**
 * Where everything lies in the flash of an ESP32: its partition table, as ESP-IDF reads it from partitions.csv. What `bundle` writes
 * and what `budget` holds a model against are this one computation.
 */
import { DepthwiseError } from '../errors.js';
import { SLOT_MODEL, SLOT_SECTOR } from '../format/slot-layout.js';
import { formatNumber } from '../report/table.js';

export interface Partition {
  name: string;
  type: string;
  subtype: string;
  address: number;
  bytes: number;
}

/** The application: wasm3, the example, and room for Wi-Fi. */
export const APP = { address: 0x10000, bytes: 0x180000 };

/** Two slots: an update goes into the one that is not in use. One: models come over a cable, and there is none to go back to. */
export const SLOTS = [1, 2] as const;
export type Slots = (typeof SLOTS)[number];
export const DEFAULT_SLOTS: Slots = 2;

/** Flash is mapped, and partitions of models stand, in pages of this size. */
const PAGE = 0x10000;

/** A slot has room for a model that is this much larger. */
const ROOM = 1.5;

/** Bytes of the largest slot, a whole number of sectors; 0 where the flash ends before. */
function mostSlot(flashBytes: number, slots: Slots): number {
  const left = flashBytes - APP.address - APP.bytes;
  return Math.max(0, Math.floor(left / slots / SLOT_SECTOR) * SLOT_SECTOR);
}

/** Bytes of the largest .dw file that the flash of a chip has a slot for. */
export const mostModel = (flashBytes: number, slots: Slots): number =>
  Math.max(0, mostSlot(flashBytes, slots) - SLOT_MODEL);

/**
 * Partitions for a model and its updates.
 * @param blobBytes of the .dw file.
 * @param flashBytes of the chip's flash.
 * @throws DepthwiseError MODEL_TOO_LARGE where the slots do not fit.
 */
export function partitionsFor(blobBytes: number, flashBytes: number, slots: Slots = DEFAULT_SLOTS): Partition[] {
  const most = mostSlot(flashBytes, slots);
  if (blobBytes > mostModel(flashBytes, slots)) {
    const [which, help] = slots === 2 ? ['each of two slots for models', ', --slots 1'] : ['one slot for a model', ''];
    throw new DepthwiseError(
      'MODEL_TOO_LARGE',
      `The .dw file has ${formatNumber(blobBytes)} B. Of ${formatNumber(flashBytes)} B of flash ${which} can have ${formatNumber(most)} B, ${formatNumber(SLOT_MODEL)} B of them for its record: choose a smaller model${help}, or a board with more flash.`,
    );
  }
  const wanted = Math.ceil((SLOT_MODEL + ROOM * blobBytes) / PAGE) * PAGE;
  const model = { address: APP.address + APP.bytes, bytes: slots * Math.min(wanted, most) };
  return [
    { name: 'nvs', type: 'data', subtype: 'nvs', address: 0x9000, bytes: 0x6000 },
    { name: 'phy_init', type: 'data', subtype: 'phy', address: 0xf000, bytes: 0x1000 },
    { name: 'factory', type: 'app', subtype: 'factory', ...APP },
    { name: MODEL_PARTITION, type: '0x40', subtype: SUBTYPES[slots], ...model },
  ];
}

/** Its label. */
export const MODEL_PARTITION = 'model';

/** Partition subtypes that tell the firmware how many slots there are (firmware-glue/esp32/src/dw_partition.c). */
const SUBTYPES: Record<Slots, string> = { 1: '0x01', 2: '0x00' };

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Text of partitions.csv. */
export function partitionsCsv(partitions: readonly Partition[]): string {
  const lines = partitions.map(({ name, type, subtype, address, bytes }) =>
    [name, type, subtype, hex(address), hex(bytes)].join(', '),
  );
  const one = partitions.some(({ name, subtype }) => name === MODEL_PARTITION && subtype === SUBTYPES[1]);
  const what = one ? '# model: one slot, no rollback' : '# model: two slots for models';
  return ['# Name, Type, SubType, Offset, Size', what, ...lines, ''].join('\n');
}

/**
 * A gallery: vectors with names, appended to a store in slots of one size. The last valid slot of a name counts; a slot whose
 * writing was interrupted is passed over, so that a power cut loses the entry that was being written and no other.
 */
import {
  ENTRY_CRC,
  ENTRY_LABEL,
  ENTRY_LABEL_BYTES,
  ENTRY_MAGIC,
  ENTRY_PICTURES,
  ENTRY_VALUES,
  ENTRY_VECTOR,
  GALLERY_MAGIC,
  MOST_PICTURES,
} from '../../program/head-layout.js';
import { normalize, similarity } from './embed.js';

/** Bytes that stay: a file, or flash, of which what is erased is 255. */
export interface Store {
  length: number;
  read(offset: number, bytes: number): ArrayLike<number>;
  write(offset: number, bytes: Uint8Array): void;
}

export interface Match {
  /** UTF-8. */
  label: number[];
  /** Cosine in 2^-15. */
  similarity: number;
}

/** Bytes of a slot for vectors of so many values. */
export function slotBytes(values: number): number {
  return (ENTRY_VECTOR + values + 3) & -4;
}

/** CRC-32, as zlib has it, of a slot but for the CRC. */
function slotCrc(slot: ArrayLike<number>): number {
  let crc = -1;
  for (let i = ENTRY_MAGIC; i < slot.length; i++) {
    crc ^= slot[i];
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? -306674912 : 0);
  }
  return ~crc;
}

function wordAt(slot: ArrayLike<number>, at: number): number {
  return slot[at] | (slot[at + 1] << 8) | (slot[at + 2] << 16) | (slot[at + 3] << 24);
}

function setWord(slot: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) slot[at + i] = value >> (8 * i);
}

/** Whether a slot holds a whole entry of vectors of so many values. */
export function isEntry(slot: ArrayLike<number>, values: number): boolean {
  return (
    wordAt(slot, ENTRY_MAGIC) === GALLERY_MAGIC &&
    (slot[ENTRY_VALUES] | (slot[ENTRY_VALUES + 1] << 8)) === values &&
    slot[ENTRY_LABEL + ENTRY_LABEL_BYTES - 1] === 0 &&
    wordAt(slot, ENTRY_CRC) === slotCrc(slot)
  );
}

export function isErased(slot: ArrayLike<number>): boolean {
  for (let i = 0; i < slot.length; i++) if (slot[i] !== 255) return false;
  return true;
}

function sameLabel(slot: ArrayLike<number>, label: ArrayLike<number>): boolean {
  for (let i = 0; i < ENTRY_LABEL_BYTES; i++) {
    const byte = i < label.length ? label[i] : 0;
    if (slot[ENTRY_LABEL + i] !== byte) return false;
    if (!byte) return true;
  }
  return false;
}

function labelOf(slot: ArrayLike<number>): number[] {
  const label: number[] = [];
  for (let i = 0; slot[ENTRY_LABEL + i]; i++) label.push(slot[ENTRY_LABEL + i]);
  return label;
}

function vectorOf(slot: ArrayLike<number>, values: number): Int8Array {
  const vector = new Int8Array(values);
  for (let i = 0; i < values; i++) vector[i] = slot[ENTRY_VECTOR + i];
  return vector;
}

/** The last valid slot of a name, from slot `from` on; -1 where there is none. */
function lastOf(store: Store, values: number, label: ArrayLike<number>, from: number): number {
  const bytes = slotBytes(values);
  let last = -1;
  for (let i = from; (i + 1) * bytes <= store.length; i++) {
    const slot = store.read(i * bytes, bytes);
    if (sameLabel(slot, label) && isEntry(slot, values)) last = i;
  }
  return last;
}

/** The name whose vector is nearest, of equal ones the first; nothing where the gallery is empty. */
export function nearest(store: Store, vector: ArrayLike<number>): Match | undefined {
  const bytes = slotBytes(vector.length);
  let best: Match | undefined;
  for (let i = 0; (i + 1) * bytes <= store.length; i++) {
    const slot = store.read(i * bytes, bytes);
    if (!isEntry(slot, vector.length)) continue;
    const label = labelOf(slot);
    const cosine = similarity(vector, vectorOf(slot, vector.length));
    if (best && cosine <= best.similarity) continue;
    if (lastOf(store, vector.length, label, i + 1) < 0) best = { label: label, similarity: cosine };
  }
  return best;
}

/**
 * Adds a picture's vector to the mean of a name's, as a new slot behind all that are used.
 * @param label UTF-8.
 * @returns pictures in the mean; 0 where the store has no room, or the name more than 31 bytes or none.
 */
export function enroll(store: Store, label: ArrayLike<number>, vector: ArrayLike<number>): number {
  const values = vector.length;
  let i: number;
  const bytes = slotBytes(values);
  if (!label.length || label.length >= ENTRY_LABEL_BYTES) return 0;
  let free = Math.floor(store.length / bytes);
  const slots = free;
  while (free > 0 && isErased(store.read((free - 1) * bytes, bytes))) free--;
  if (free === slots) return 0;
  const last = lastOf(store, values, label, 0);
  const mean = new Int8Array(values);
  const sums = new Int32Array(values);
  let pictures = 0;
  if (last >= 0) {
    const old = store.read(last * bytes, bytes);
    pictures = old[ENTRY_PICTURES] | (old[ENTRY_PICTURES + 1] << 8);
    const before = vectorOf(old, values);
    for (i = 0; i < values; i++) sums[i] = before[i] * pictures;
  }
  for (i = 0; i < values; i++) sums[i] += vector[i];
  normalize(sums, 0, mean);
  if (pictures < MOST_PICTURES) pictures++;
  const slot = new Uint8Array(bytes);
  setWord(slot, ENTRY_MAGIC, GALLERY_MAGIC);
  slot[ENTRY_VALUES] = values;
  slot[ENTRY_VALUES + 1] = values >> 8;
  slot[ENTRY_PICTURES] = pictures;
  for (i = 0; i < label.length; i++) slot[ENTRY_LABEL + i] = label[i];
  for (i = 0; i < values; i++) slot[ENTRY_VECTOR + i] = mean[i];
  setWord(slot, ENTRY_CRC, slotCrc(slot));
  const at = free * bytes;
  // The CRC last: until then this is no entry.
  store.write(at + ENTRY_MAGIC, slot.subarray(ENTRY_MAGIC));
  store.write(at + ENTRY_CRC, slot.subarray(ENTRY_CRC, ENTRY_MAGIC));
  return pictures;
}

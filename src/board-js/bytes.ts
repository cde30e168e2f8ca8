/** The file's bytes, whether it is mapped or read piece by piece. */
import { fail } from './fail.js';
import type { Machine } from './machine.js';

/** Bytes that can be asked for at a time, at least. */
export const WINDOW = 512;

/**
 * Makes file bytes [offset, offset + count) readable and returns where they begin in m._bytes: they stand there until
 * the next call. Throws TRUNCATED where the reader gives another number of bytes.
 */
export function seek(m: Machine, offset: number, count: number): number {
  const reader = m._reader;
  if (!reader) return offset;
  const part = reader.read(offset, count);
  if (!part || part.length !== count || ((FULL || ESPRUINO) && count > WINDOW)) fail('TRUNCATED', offset);
  m._bytes.set(part);
  return 0;
}

/** The byte at `offset` of the file, unsigned. */
export function byte(m: Machine, offset: number): number {
  return m._bytes[m._reader ? seek(m, offset, 1) : offset] & 255;
}

/** The little-endian int32 at `offset` of the file. */
export function word(m: Machine, offset: number): number {
  // A call costs more than the question.
  const at = m._reader ? seek(m, offset, 4) : offset;
  const w = m._bytes;
  return (w[at] & 255) | ((w[at + 1] & 255) << 8) | ((w[at + 2] & 255) << 16) | (w[at + 3] << 24);
}

/** A new array of zeros. Throws MEMORY where there is no room: engines throw, or give an array that is shorter. */
export function allocate<T extends { length: number; [i: number]: number }>(
  make: new (length: number) => T,
  length: number,
): T {
  try {
    const made = new make(length);
    // JerryScript takes memory, or throws, with the first access only.
    made[0] = 0;
    if (made.length === length) return made;
  } catch (_e) {}
  fail('MEMORY', length);
}

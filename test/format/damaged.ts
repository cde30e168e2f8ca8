/** .dw files that something happened to. */
import { crc32 } from '../../src/format/crc32.js';
import * as L from '../../src/program/layout.js';
import type { Random } from '../graph/builder.js';

/** A copy with `edit` applied and, unless told otherwise, a CRC that fits again. */
export function edited(blob: Uint8Array, edit: (view: DataView) => void, repair = true): Uint8Array {
  const copy = blob.slice();
  edit(new DataView(copy.buffer));
  return repair ? repaired(copy) : copy;
}

/** Total length and CRC-32 brought up to date in place: what is left to find are the contradictions inside. */
export function repaired(blob: Uint8Array): Uint8Array {
  if (blob.length < L.HEADER_BYTES) return blob;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  view.setUint32(L.H_TOTAL_BYTES, blob.length, true);
  view.setUint32(L.H_CRC32, crc32(blob.subarray(L.CRC_FROM)), true);
  return blob;
}

/** One random change: flipped bits, a field of an extreme value, a cut, or a piece of another file. */
export function mutated(blob: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const integer = (most: number) => Math.floor(random() * most);
  // Records, not weights, are where changes matter.
  const recordsEnd = new DataView(blob.buffer, blob.byteOffset).getUint32(L.H_STRINGS_OFFSET, true);
  const place = () => (random() < 0.7 ? integer(Math.min(blob.length, recordsEnd, 2048)) : integer(blob.length));
  const copy = blob.slice();
  switch (integer(5)) {
    case 0:
      for (let flips = 1 + integer(4); flips > 0; flips--) copy[place()] ^= 1 << integer(8);
      break;
    case 1: {
      const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, blob.length];
      const at = Math.min(place() & ~1, blob.length - 4);
      const view = new DataView(copy.buffer);
      const value = extremes[integer(extremes.length)];
      if (value > 0xffff || random() < 0.5) view.setUint32(at, value, true);
      else view.setUint16(at, value, true);
      break;
    }
    case 2:
      return copy.subarray(0, place()).slice();
    case 3: {
      const length = 1 + integer(64);
      const from = integer(Math.max(1, other.length - length));
      const to = integer(Math.max(1, copy.length - length));
      copy.set(other.subarray(from, from + Math.min(length, other.length - from, copy.length - to)), to);
      break;
    }
    default: {
      // Two records of one file changed places.
      const [a, b] = [place() & ~3, place() & ~3];
      const length = Math.min(L.STEP_BYTES, copy.length - Math.max(a, b));
      const first = copy.slice(a, a + length);
      copy.copyWithin(a, b, b + length);
      copy.set(first, b);
    }
  }
  return copy;
}

/** A gallery as a file of the desktop: written whole, so that it is refused where any byte is not as it was. */
import { DepthwiseError } from '../errors.js';
import { enroll, isEntry, isErased, type Match, nearest, type Store, slotBytes } from './readers/gallery.js';

export interface GalleryMatch {
  label: string;
  similarity: number;
}

/** A store in memory. */
class Bytes implements Store {
  constructor(public bytes: Uint8Array) {}

  get length(): number {
    return this.bytes.length;
  }

  read(offset: number, count: number): Uint8Array {
    return this.bytes.subarray(offset, offset + count);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
  }
}

export class Gallery {
  private readonly store: Bytes;

  /**
   * @param bytes of the file; none for a new gallery.
   * @param place of the file, for messages.
   * @throws DepthwiseError BLOB_INVALID where a slot is damaged, or of vectors of another length.
   */
  constructor(
    bytes: Uint8Array,
    private readonly values: number,
    place: string,
  ) {
    const size = slotBytes(values);
    for (let at = 0; at < bytes.length; at += size) {
      const slot = bytes.subarray(at, at + size);
      if (slot.length === size && (isEntry(slot, values) || isErased(slot))) continue;
      throw new DepthwiseError(
        'BLOB_INVALID',
        `${place}: the entry at byte ${at} is damaged, or not of ${values} values, expected entries of ${size} bytes with their CRC. ` +
          'Copy the gallery again, or enrol into a new file.',
      );
    }
    this.store = new Bytes(bytes.slice());
  }

  /** Adds a picture's vector to those of a name; how many there are now. @throws DepthwiseError USAGE. */
  enroll(label: string, vector: ArrayLike<number>): number {
    const size = slotBytes(this.values);
    const grown = new Uint8Array(this.store.length + size).fill(255);
    grown.set(this.store.bytes);
    const text = new TextEncoder().encode(label);
    const store = new Bytes(grown);
    const pictures = text.includes(0) ? 0 : enroll(store, text, vector);
    if (pictures === 0)
      throw new DepthwiseError('USAGE', `"${label}" is no name of a gallery: expected 1 to 31 bytes of UTF-8.`);
    this.store.bytes = grown;
    return pictures;
  }

  /** The nearest name and its similarity; undefined in an empty gallery. */
  match(vector: ArrayLike<number>): GalleryMatch | undefined {
    const found: Match | undefined = nearest(this.store, vector);
    return (
      found && { label: new TextDecoder().decode(Uint8Array.from(found.label)), similarity: found.similarity / 2 ** 15 }
    );
  }

  get bytes(): Uint8Array {
    return this.store.bytes;
  }
}

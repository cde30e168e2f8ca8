/** Reads .tar.gz archives (POSIX ustar): plain files only. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const BLOCK = 512;

/** Name and bytes of every plain file, in the order of the archive. Throws where the archive ends early. */
export function* filesOf(archive: string): Generator<{ name: string; bytes: Uint8Array }> {
  const tar = gunzipSync(readFileSync(archive));
  const text = (at: number, length: number) => tar.toString('utf8', at, at + length).replace(/\0.*$/s, '');
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const [from, to] = [at + BLOCK, at + BLOCK + size];
    if (!(to <= tar.length))
      throw new Error(`${archive}: the header at byte ${at} asks for ${size} bytes: it is damaged`);
    const type = text(at + 156, 1);
    if (type === '' || type === '0') {
      const prefix = text(at + 257, 5) === 'ustar' ? text(at + 345, 155) : '';
      yield { name: (prefix && `${prefix}/`) + text(at, 100), bytes: tar.subarray(from, to) };
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** For scripts that are put behind the runtime: the file of a network that it has opened. */
import { allocate, WINDOW } from './bytes.js';
import type { Machine, Reader } from './machine.js';
import type { Blob } from './open.js';

/** A file that has been opened: its bytes, and no more. */
export function fileOf(blob: Blob): Machine {
  const view = blob as Uint8Array;
  const reader = (view as unknown as Reader).read && (view as unknown as Reader);
  const length = view.length || view.byteLength;
  return {
    _reader: reader,
    _bytes: reader
      ? allocate(Int8Array, WINDOW + 8)
      : new Int8Array(view.buffer || (view as unknown as ArrayBuffer), view.byteOffset || 0, length),
    _length: length,
  } as Machine;
}

/** The head of a .dw file on the host. */
import { BlobView } from '../program/blob-view.js';
import * as H from '../program/head-layout.js';
import { invalidBlob } from '../program/invalid-blob.js';
import * as L from '../program/layout.js';
import { wrongField } from './readers/check.js';
import type { HeadFile } from './readers/head-file.js';

/** HEAD_* of head-layout.ts by their numbers. */
export const HEAD_NAMES = ['none', 'classify', 'centroids', 'ssd', 'yolo', 'embed', 'locate'] as const;
export type HeadName = (typeof HEAD_NAMES)[number];

/** The head of a file: the meaning of its outputs. */
export interface Head {
  name: HeadName;
  bytes: Uint8Array;
}

/**
 * Reads and checks the head; nothing where the file has none.
 * @param blob whose sections and ports have been checked.
 * @throws DepthwiseError BLOB_INVALID.
 */
export function openHead(blob: Uint8Array): Head | undefined {
  const view = new BlobView(blob);
  const [offset, length] = [view.u32(L.H_HEAD_OFFSET), view.u32(L.H_HEAD_BYTES)];
  if (length === 0) return undefined;
  const bytes = blob.subarray(offset, offset + length);
  const outputs = view.ports().slice(view.u32(L.H_INPUT_COUNT));
  const sizes = outputs.map((port) => port.u32(L.P_BYTES));
  const file = headFile(bytes, []);
  const wrong = wrongField(file, length, (output) => sizes[output] ?? 0);
  if (wrong >= 0) {
    const value = wrong + 4 <= length ? file._word(wrong) : `${length} bytes`;
    const expected = 'a value that docs/heads.md allows for outputs of these sizes';
    throw invalidBlob(`a head whose field at byte ${wrong} is ${value}`, expected);
  }
  const scratch = [file._word(H.D_SCRATCH_BYTES), view.u32(L.H_SCRATCH_BYTES)];
  if (scratch[0] > scratch[1])
    throw invalidBlob(`a head that takes ${scratch[0]} bytes of scratch`, `at most ${scratch[1]}`);
  const address = view.u32(L.H_SCRATCH_ADDRESS);
  if (address % 4 !== 0) throw invalidBlob(`scratch at ${address}`, 'a multiple of 4 where there is a head');
  return { name: HEAD_NAMES[file._word(H.D_KIND)], bytes };
}

/** @param outputs of the file, values of their own type. */
export function headFile(bytes: Uint8Array, outputs: ArrayLike<number>[], threshold?: number): HeadFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    _word: (at) => view.getInt32(at, true),
    _byte: (at) => bytes[at],
    _outputs: outputs,
    _threshold: threshold,
  };
}

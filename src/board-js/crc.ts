/** CRC-32 (IEEE 802.3, as zlib) of the file. */
import { CRC_FROM } from '../program/layout.js';
import { allocate, seek, WINDOW } from './bytes.js';
import type { Espruino } from './kernels/espruino.js';
import type { Machine } from './machine.js';
import { Int32, min } from './powers.js';

declare const E: Espruino | undefined;

const POLYNOMIAL = -306674912;

/** CRC-32 of the file as an int32. */
export function crc32(m: Machine): number {
  const length = m._length;
  const w = m._bytes;
  // In Espruino's JavaScript this would take minutes. What its Storage.read returns is a view of the flash.
  // biome-ignore lint/complexity/useOptionalChain: a name that is missing may stand behind typeof only.
  if (ESPRUINO && typeof E !== 'undefined' && E.CRC32) {
    return E.CRC32(m._reader ? m._reader.read(CRC_FROM, length - CRC_FROM) : w.subarray(CRC_FROM)) | 0;
  }
  if (!PLAIN) return 0;
  const table = allocate(Int32, 256);
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = (c >>> 1) ^ (-(c & 1) & POLYNOMIAL);
    table[i] = c;
  }
  let crc = -1;
  for (let from = CRC_FROM; from < length; from += WINDOW) {
    const count = min(length - from, WINDOW);
    let at = seek(m, from, count);
    for (let end = at + count; at < end; at++) crc = table[(crc ^ w[at]) & 255] ^ (crc >>> 8);
  }
  return ~crc;
}

// A CommonJS module whose named exports Node cannot see: only the default import works.
import CRC32 from 'crc-32';

/** CRC-32 (IEEE 802.3, as zlib), unsigned. */
export const crc32 = (bytes: Uint8Array): number => CRC32.buf(bytes) >>> 0;

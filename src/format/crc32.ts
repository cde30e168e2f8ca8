import { buf } from 'crc-32';

/** CRC-32 (IEEE 802.3, as zlib), unsigned. */
export const crc32 = (bytes: Uint8Array): number => buf(bytes) >>> 0;

/** Espruino's functions in C that kernels use, as its source defines them, for engines that do not have them. */
import { crc32 } from '../../src/format/crc32.js';

export const E = {
  convolve(a: ArrayLike<number>, b: ArrayLike<number>, offset: number): number {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[(i + offset) % b.length];
    return sum;
  },
  mapInPlace(from: ArrayLike<number>, to: { length: number; [i: number]: number }, map: ArrayLike<number>): void {
    for (let i = 0; i < Math.min(from.length, to.length); i++) to[i] = map[from[i]];
  },
  CRC32: (bytes: ArrayLike<number>): number => crc32(Uint8Array.from(bytes, (byte) => byte & 255)),
};

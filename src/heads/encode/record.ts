/** A head's fields and tables, written one by one. */
import * as H from '../../program/head-layout.js';
import type { Port, Program } from '../../program/program.js';
import { viewSize } from '../../program/program.js';

/** Most answers where nobody says. */
const MOST = 50;

export class HeadRecord {
  private readonly words: number[] = [];

  /** @param bytes of the fields. */
  constructor(bytes: number) {
    this.words.length = bytes / 4;
    this.words.fill(0);
  }

  set(field: number, value: number): void {
    this.words[field / 4] = value;
  }

  /** Puts words behind all others; where they begin. */
  table(words: ArrayLike<number>): number {
    const at = 4 * this.words.length;
    for (let i = 0; i < words.length; i++) this.words.push(words[i]);
    return at;
  }

  /** Appends bytes; returns their offset. */
  bytes(bytes: ArrayLike<number>): number {
    const at = 4 * this.words.length;
    for (let i = 0; i < bytes.length; i += 4) {
      this.words.push((bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)) >>> 0);
    }
    return at;
  }

  /** Fields that every head has. Scores are values of `port`. */
  common(kind: number, { inputs }: Program, classes: number, port: Port): void {
    const { height, width } = inputs[0].view;
    this.set(H.D_KIND, kind);
    this.set(H.D_INPUT_HEIGHT, height);
    this.set(H.D_INPUT_WIDTH, width);
    this.set(H.D_CLASSES, classes);
    this.set(H.D_MOST, MOST);
    this.set(H.D_SCORE_ZERO, port.zeroPoint);
    this.set(H.D_SCORE_STEP, Math.min(Math.round(port.scale * 2 ** 24), 2 ** 32 - 1));
    this.set(H.D_FRACTION, 5);
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(4 * this.words.length);
    const view = new DataView(bytes.buffer);
    this.words.forEach((word, i) => {
      view.setUint32(4 * i, word, true);
    });
    return bytes;
  }
}

/** The least value of a port that stands for a real one of at least `threshold`; beyond its range where none does. */
export function leastValue({ scale, zeroPoint, dtype }: Port, threshold: number): number {
  const [low, high] = dtype === 'uint8' ? [0, 255] : [-128, 127];
  const least = Math.ceil(threshold / scale - 1e-6 + zeroPoint);
  return Math.max(low, Math.min(high + 1, least));
}

export const portSize = (port: Port): number => viewSize(port.view);

/** Real value of each byte of a port, by the byte. */
export function realValues({ scale, zeroPoint, dtype }: Port): number[] {
  return Array.from({ length: 256 }, (_, byte) => {
    const value = dtype === 'int8' ? (byte << 24) >> 24 : byte;
    return scale * (value - zeroPoint);
  });
}

/** A factor as m * 2^e, m of 24 bits: as head-layout.ts has them. */
export function factorWord(factor: number): number {
  if (!(factor > 0)) return 0;
  let exponent = Math.max(Math.min(Math.floor(Math.log2(factor)) - 23, 100), -128);
  let mantissa = Math.round(Math.min(factor * 2 ** -exponent, 2 ** 24));
  if (mantissa === 2 ** 24) {
    mantissa /= 2;
    exponent++;
  }
  return ((exponent << 24) | mantissa) >>> 0;
}

/** The most bits that a fraction can have for `largest` to stay below `limit`. */
export function fractionBits(largest: number, limit: number, most: number): number {
  let bits = 0;
  while (bits < most && largest * 2 ** (bits + 1) < limit) bits++;
  return bits;
}

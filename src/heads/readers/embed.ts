/** Vectors compared by their direction, in integers. */
import { D_CLASSES, D_OUTPUT, D_SCORE_ZERO } from '../../program/head-layout.js';
import type { HeadFile } from './head-file.js';

/** The length of a normalised vector. */
const LENGTH = 127;
/** Fixed-point value of similarity 1. */
const SAME = 1 << 15;

/** The integer part of the square root of a whole number below 2^52. */
export function squareRoot(n: number): number {
  let root = Math.floor(Math.sqrt(n));
  // Whatever an engine's own rounds to.
  while (root * root > n) root--;
  while ((root + 1) * (root + 1) <= n) root++;
  return root;
}

/**
 * Values less `zero`, at length 127, each to the nearest, halves away from zero; zeros stay zeros. `from` and `to` may be the
 * same array.
 */
export function normalize(from: ArrayLike<number>, zero: number, to: Int8Array): void {
  let squares = 0;
  let i: number;
  for (i = 0; i < to.length; i++) squares += (from[i] - zero) * (from[i] - zero);
  // In 1/256.
  const length = squareRoot(squares * 65536) || 1;
  for (i = 0; i < to.length; i++) {
    const value = from[i] - zero;
    const size = Math.floor((2 * LENGTH * 256 * (value < 0 ? -value : value) + length) / (2 * length));
    to[i] = value < 0 ? -size : size;
  }
}

/** The normalised vector of the output. */
export function embed(f: HeadFile): Int8Array {
  const vector = new Int8Array(f._word(D_CLASSES));
  normalize(f._outputs[f._word(D_OUTPUT)], f._word(D_SCORE_ZERO), vector);
  return vector;
}

/** Cosine of the angle between two vectors, in 2^-15, rounded down; 0 where one of them is all zeros. */
export function similarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = 0;
  let first = 0;
  let second = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    first += a[i] * a[i];
    second += b[i] * b[i];
  }
  // Each length in 1/16.
  const lengths = squareRoot(first * 256) * squareRoot(second * 256);
  if (!lengths) return 0;
  const cosine = Math.floor((product * 256 * SAME) / lengths);
  return cosine > SAME ? SAME : Math.max(cosine, -SAME);
}

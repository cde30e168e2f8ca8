/**
 * The random numbers of untrained weights: integers and exact arithmetic only, so that a seed gives the same network
 * on every machine and engine. (Math.log and Math.cos, which the usual Gaussian needs, may differ in the last bit.)
 */

/** Draws to skip, so that seeds that differ in one bit have parted. */
const WARM_UP = 16;

/** xorshift32 (Marsaglia 2003, shifts 13, 17, 5) on the seed times 2^32 / golden ratio. Returns the upper 16 bits. */
export function random16(seed: number): () => number {
  let x = Math.imul(seed + 1, 0x9e3779b9) || 1;
  const next = (): number => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 16;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  return next;
}

/** Mean 0, variance 1: four uniform numbers (variance 1/12 each) added up are close enough to a normal one here. */
export function normal(next: () => number): number {
  return ((next() + next() + next() + next() + 2) / 65536 - 2) * Math.sqrt(3);
}

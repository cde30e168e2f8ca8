/**
 * Powers of two. They are computed: decimal fractions in source are not read exactly by Espruino, and a literal beyond
 * 32 bits is a risk on any small engine.
 */
export function power(exponent: number): number {
  let value = 1;
  for (; exponent > 0; exponent--) value *= 2;
  return value;
}

export const TWO_30 = power(30);
export const TWO_31 = TWO_30 * 2;
// Names of globals stay as long as they are; these get short ones.
export const floor = Math.floor;
export const min = Math.min;
export const max = Math.max;

/** Powers of two, computed: a literal beyond 32 bits is a risk on any small engine. */
export const TWO_30 = 1 << 30;
export const TWO_31 = TWO_30 * 2;
// Names of globals stay as long as they are; these get short ones.
export const Int32 = Int32Array;
export const floor = Math.floor;
export const min = Math.min;
export const max = Math.max;

import { concatUint8Arrays } from 'typed-array-utils';

/** The table a convolution's requantisation reads: n biases (i32), n multipliers (i32), n shifts (i8). */
export interface Requantization {
  /** Bias of each output channel, the input's zero point folded in; wraps to 32 bits, as all sums do. */
  bias: readonly number[];
  multiplier: Int32Array;
  /** Positive is left. */
  shift: Int32Array;
}

export function requantizeTable({ bias, multiplier, shift }: Requantization): Uint8Array {
  const n = bias.length;
  const table = new Uint8Array(9 * n);
  const view = new DataView(table.buffer);
  for (let i = 0; i < n; i++) {
    view.setInt32(4 * i, bias[i] | 0, true);
    view.setInt32(4 * (n + i), multiplier[i], true);
    view.setInt8(8 * n + i, shift[i]);
  }
  return table;
}

/** The table of the first `count` channels of a table. */
export function firstRequantizations(table: Uint8Array, count: number): Uint8Array {
  const n = table.length / 9;
  const parts = [0, 4 * n, 8 * n].map((at, i) => table.subarray(at, at + (i < 2 ? 4 : 1) * count));
  return concatUint8Arrays(...parts);
}

/** With shifts of at most 24 and accumulators below 2^30, everything added up with such biases fits 64 bits. */
const FAST_BIAS = 2 ** 29;

/**
 * Whether the kernels' fast path is exact (src/kernels/wasm/requantize.ts): the lower clamp is the output's zero point and
 * the upper one above it; every shift is a right shift of 1 to 24; and no bias is so large that a sum would wrap.
 */
export function fastPathIsExact(
  { bias, shift }: Pick<Requantization, 'bias' | 'shift'>,
  clampLow: number,
  clampHigh: number,
  zeroPoint: number,
): boolean {
  const bounded = bias.every((b) => Math.abs(b) <= FAST_BIAS) && shift.every((s) => s < 0 && s >= -24);
  return bounded && clampLow === zeroPoint && clampHigh > zeroPoint;
}

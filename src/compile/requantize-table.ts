/** The table a convolution's requantisation reads: n biases (i32), n multipliers (i32), n shifts (i8). */
export interface Requantization {
  /** Bias of each output channel, the input's zero point folded in. */
  bias: Int32Array;
  multiplier: Int32Array;
  /** Positive is left. */
  shift: Int32Array;
}

export function requantizeTable({ bias, multiplier, shift }: Requantization): Uint8Array {
  const n = bias.length;
  const table = new Uint8Array(9 * n);
  const view = new DataView(table.buffer);
  for (let i = 0; i < n; i++) {
    view.setInt32(4 * i, bias[i], true);
    view.setInt32(4 * (n + i), multiplier[i], true);
    view.setInt8(8 * n + i, shift[i]);
  }
  return table;
}

/**
 * Whether the kernels' fast path is exact (src/kernels/wasm/requantize.ts): the lower clamp is the output's zero point,
 * or rounding is single, and every shift is a right shift of at most 24, so that the addend fits 64 bits.
 */
export function fastPathIsExact(shift: Int32Array, clampLow: number, zeroPoint: number, single: boolean): boolean {
  return (single || clampLow >= zeroPoint) && shift.every((s) => s <= 0 && s >= -24);
}

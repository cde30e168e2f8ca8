/** The tables that steps read from the blob. */
import type { Tensor } from '../graph/graph.js';

/** Little-endian i32 values. */
export function words(...values: number[]): Uint8Array {
  const table = new Uint8Array(4 * values.length);
  const view = new DataView(table.buffer);
  values.forEach((value, i) => {
    view.setInt32(4 * i, value, true);
  });
  return table;
}

/** Offset of uint8 values in steps, where all values are int8. */
export const offsetOf = (tensor: Tensor): number => (tensor.dtype === 'uint8' ? 128 : 0);

/** A byte table between two tensors' own dtypes as one between int8 tensors. */
export function int8Table(table: Uint8Array, input: Tensor, output: Tensor): Uint8Array {
  const from = input.dtype === 'uint8' ? 0x80 : 0;
  const to = output.dtype === 'uint8' ? 0x80 : 0;
  return table.map((_, byte) => table[byte ^ from] ^ to);
}

/** The bounds of a table of int8 that leaves values between them as they are. */
export function clampOf(table: Uint8Array): { low: number; high: number } | undefined {
  const value = (v: number) => (table[v & 255] << 24) >> 24;
  const low = value(-128);
  const high = value(127);
  for (let v = -128; v < 128; v++) if (value(v) !== Math.min(high, Math.max(low, v))) return undefined;
  return { low, high };
}

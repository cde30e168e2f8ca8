/**
 * Operators of one input byte, by a table:
 *
 *   out[i] = table[in[i] & 255]
 *
 * The tables and their formulas are in tables.ts.
 */
import type { Bytes } from './bytes.js';

export function lookup(input: Bytes, output: Bytes, table: Uint8Array): void {
  // Stored as a signed byte where the output is int8.
  for (let i = 0; i < output.length; i++) output[i] = table[input[i] & 255];
}

/**
 * Tensors joined along one axis. Each input goes through its own table first, which is the identity where it is
 * quantised as the output is (concatenationTable in tables.ts):
 *
 *   out[..., offset of input i + k, ...] = table[i][in[i][..., k, ...]]
 *
 * Source: tflite-micro, kernels/internal/reference/concatenation.h.
 */
import type { Bytes } from './bytes.js';

/** `runs[i]` is how many bytes of input i stand together: its extent along the axis times the axes behind. */
export function concatenation(inputs: Bytes[], tables: Uint8Array[], runs: number[], output: Bytes): void {
  let out = 0;
  for (let outer = 0; out < output.length; outer++) {
    for (let i = 0; i < inputs.length; i++) {
      for (let k = 0; k < runs[i]; k++) output[out++] = tables[i][inputs[i][outer * runs[i] + k] & 255];
    }
  }
}

/**
 * Padding of height and width with the byte that means 0, the output's zero point:
 *
 *   out[y, x, c] = in[y - top, x - left, c] inside the input, else value
 *
 * Source: tflite-micro, kernels/internal/reference/pad.h and micro/kernels/pad_common.cc.
 */
import type { Bytes } from './bytes.js';
import type { PadParameters } from './prepare.js';

export function pad(input: Bytes, output: Bytes, p: PadParameters): void {
  output.fill(p.value);
  const rowBytes = p.inputWidth * p.channels;
  for (let y = 0; y < p.inputHeight; y++) {
    const row = input.subarray(y * rowBytes, (y + 1) * rowBytes);
    output.set(row, ((y + p.top) * p.outputWidth + p.left) * p.channels);
  }
}

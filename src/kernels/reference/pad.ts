/**
 * Padding of height and width with one byte:
 *
 *   out[y, x, c] = in[y - top, x - left, c] inside the input, else value
 *
 * Source: tflite-micro, kernels/internal/reference/pad.h and micro/kernels/pad_common.cc.
 */
import type { Moved } from './gather.js';

export interface PadParameters {
  inputHeight: number;
  inputWidth: number;
  channels: number;
  outputWidth: number;
  top: number;
  left: number;
  value: number;
}

export function pad(input: Moved, output: Moved, p: PadParameters): void {
  output.fill(p.value);
  const rowBytes = p.inputWidth * p.channels;
  for (let y = 0; y < p.inputHeight; y++) {
    const row = input.subarray(y * rowBytes, (y + 1) * rowBytes);
    output.set(row, ((y + p.top) * p.outputWidth + p.left) * p.channels);
  }
}

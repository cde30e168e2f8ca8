/**
 * Average and maximum of windows. Only positions inside the input count, n of them:
 *
 *   average: out[y, x, c] = clamp(round(sum of the window / n)), halves away from zero
 *   maximum: out[y, x, c] = clamp(max of the window)
 *
 * Both work on the quantised values as they are, zero point included: input and output are quantised alike.
 * Source: tflite-micro, kernels/internal/reference/integer_ops/pooling.h (int8) and reference/pooling.h (uint8).
 */
import type { Bytes } from './bytes.js';
import type { PoolParameters } from './prepare.js';

export function averagePool(input: Bytes, output: Bytes, p: PoolParameters): void {
  pool(input, output, p, (sum, value) => sum + value, 0, roundedMean);
}

export function maxPool(input: Bytes, output: Bytes, p: PoolParameters): void {
  pool(input, output, p, Math.max, Number.NEGATIVE_INFINITY, (highest) => highest);
}

/** sum / n in C's integers: division cuts towards zero, half of n is added on the side of the sign. */
function roundedMean(sum: number, n: number): number {
  const half = Math.floor(n / 2);
  return Math.trunc((sum > 0 ? sum + half : sum - half) / n);
}

function pool(
  input: Bytes,
  output: Bytes,
  p: PoolParameters,
  add: (total: number, value: number) => number,
  start: number,
  finish: (total: number, n: number) => number,
): void {
  let out = 0;
  for (let y = 0; y < p.outputHeight; y++) {
    const top = Math.max(0, y * p.strideH - p.padTop);
    const bottom = Math.min(p.inputHeight, y * p.strideH - p.padTop + p.kernelHeight);
    for (let x = 0; x < p.outputWidth; x++) {
      const left = Math.max(0, x * p.strideW - p.padLeft);
      const right = Math.min(p.inputWidth, x * p.strideW - p.padLeft + p.kernelWidth);
      const n = (bottom - top) * (right - left);
      for (let c = 0; c < p.inputChannels; c++) {
        let total = start;
        for (let inY = top; inY < bottom; inY++) {
          for (let inX = left; inX < right; inX++) {
            total = add(total, input[(inY * p.inputWidth + inX) * p.inputChannels + c]);
          }
        }
        output[out++] = Math.min(p.clampHigh, Math.max(p.clampLow, finish(total, n)));
      }
    }
  }
}

/**
 * Fully connected layer, weights OI:
 *
 *   acc[o] = bias[o] + sum over i of (in[i] - zpIn) * (weights[o, i] - zpWeights)
 *   out[o] = clamp(acc * multiplier[o] * 2^(shift[o] - 31) + zpOut)
 *
 * The input is flattened; one longer than a row of weights is several rows, each giving its own outputs.
 * Source: tflite-micro, kernels/internal/reference/integer_ops/fully_connected.h (int8) and
 * reference/fully_connected.h (uint8).
 */
import type { Bytes } from './bytes.js';
import type { Rounding } from './fixedpoint.js';
import { multiplyByQuantizedMultiplier } from './fixedpoint.js';
import type { FullyConnectedParameters } from './prepare.js';

export function fullyConnected(
  input: Bytes,
  weights: Bytes,
  bias: Int32Array | undefined,
  output: Bytes,
  p: FullyConnectedParameters,
  rounding: Rounding = 'double',
): void {
  for (let row = 0; row < p.rows; row++) {
    for (let o = 0; o < p.outputDepth; o++) {
      let acc = bias ? bias[o] : 0;
      for (let i = 0; i < p.inputDepth; i++) {
        const value = input[row * p.inputDepth + i] - p.inputZeroPoint;
        acc = (acc + value * (weights[o * p.inputDepth + i] - p.weightZeroPoint)) | 0;
      }
      const scaled = multiplyByQuantizedMultiplier(acc, p.multiplier[o], p.shift[o], rounding);
      output[row * p.outputDepth + o] = Math.min(p.clampHigh, Math.max(p.clampLow, scaled + p.outputZeroPoint));
    }
  }
}

/**
 * The float32 edges of a model:
 *
 *   QUANTIZE    out = clamp(round(in / scale) + zp), the division in float32, halves away from zero
 *   DEQUANTIZE  out = scale * (in - zp)
 *
 * What is not a number becomes the zero point; what lies outside int32 saturates (C leaves both undefined).
 * Source: tflite-micro, kernels/internal/reference/quantize.h and dequantize.h.
 */
import type { Tensor } from '../../graph/graph.js';
import { perTensor } from '../../graph/graph.js';
import type { Bytes } from './bytes.js';
import { roundHalfAwayFromZero } from './fixedpoint.js';
import { byteRange } from './prepare.js';

export function quantizeFloat(input: Float32Array, output: Bytes, to: Tensor): void {
  const { scale, zeroPoint } = perTensor(to);
  const [lowest, highest] = byteRange(to.dtype);
  for (let i = 0; i < output.length; i++) {
    const rounded = Number.isNaN(input[i]) ? 0 : roundHalfAwayFromZero(Math.fround(input[i] / scale));
    output[i] = Math.min(highest, Math.max(lowest, rounded + zeroPoint));
  }
}

export function dequantizeToFloat(input: Bytes, output: Float32Array, from: Tensor): void {
  const { scale, zeroPoint } = perTensor(from);
  for (let i = 0; i < output.length; i++) output[i] = scale * (input[i] - zeroPoint);
}

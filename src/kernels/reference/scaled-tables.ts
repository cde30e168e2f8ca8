/**
 * Functions of one byte that are little more than a change of scale, or a root. Source of each: tflite-micro, the file
 * named beside it; of the square root TensorFlow Lite, whose micro version takes float32 alone.
 */
import type { Tensor } from '../../graph/graph.js';
import { perTensor } from '../../graph/graph.js';
import type { QuantizedMultiplier, Rounding } from './fixedpoint.js';
import { multiplyByQuantizedMultiplier, quantizeMultiplier } from './fixedpoint.js';
import { inverseSquareRoot } from './inverse-square-root.js';
import { byteRange } from './prepare.js';
import { byteTable } from './tables.js';

/** x where x >= 0, else alpha * x, any alpha (kernels/internal/reference/leaky_relu.h, micro/kernels/leaky_relu_common.cc). */
export function leakyReluTable(input: Tensor, output: Tensor, alpha: number, rounding: Rounding): Uint8Array {
  const { scale, zeroPoint } = perTensor(input);
  const to = perTensor(output);
  const identity = quantizeMultiplier(Math.fround(scale / to.scale));
  const slope = Math.fround(Math.fround(scale * alpha) / to.scale);
  const sloped = quantizeMultiplier(Math.abs(slope));
  const times = (x: number, by: QuantizedMultiplier) =>
    multiplyByQuantizedMultiplier(x, by.multiplier, by.shift, rounding);
  return byteTable(input, output, (value) => {
    const centred = value - zeroPoint;
    const scaled = centred >= 0 ? times(centred, identity) : Math.sign(slope) * times(centred, sloped);
    return scaled + to.zeroPoint;
  });
}

/** |x| (micro/kernels/elementwise.cc, AbsEvalQuantized). */
export function absTable(input: Tensor, output: Tensor, rounding: Rounding): Uint8Array {
  const { scale, zeroPoint } = perTensor(input);
  const to = perTensor(output);
  const { multiplier, shift } = quantizeMultiplier(Math.fround(scale / to.scale));
  return byteTable(input, output, (value) => {
    const magnitude = Math.abs(value - zeroPoint);
    if (scale === to.scale) return magnitude + to.zeroPoint;
    return multiplyByQuantizedMultiplier(magnitude, multiplier, shift, rounding) + to.zeroPoint;
  });
}

/**
 * The square root in float32, cut towards zero (lite/kernels/elementwise.cc, SqrtEvalQuantized). TFLite stops at inputs below
 * 0; here they count as 0.
 */
export function sqrtTable(input: Tensor, output: Tensor): Uint8Array {
  const { scale, zeroPoint } = perTensor(input);
  const to = perTensor(output);
  return byteTable(input, output, (value) => {
    const root = Math.fround(Math.sqrt(Math.max(0, Math.fround(scale * (value - zeroPoint)))));
    return Math.trunc(Math.fround(root / to.scale)) + to.zeroPoint;
  });
}

/** Fraction bits of 1 / sqrt of an integer. */
const RSQRT_SHIFT = 20;

/**
 * 1 / sqrt(x) (micro/kernels/elementwise.cc, RsqrtEvalQuantized): the greatest byte for 0, and for inputs below 0, at which
 * tflite-micro stops.
 */
export function rsqrtTable(input: Tensor, output: Tensor, rounding: Rounding): Uint8Array {
  const { scale, zeroPoint } = perTensor(input);
  const to = perTensor(output);
  const [, highest] = byteRange(output.dtype);
  const { multiplier, shift } = quantizeMultiplier(1 / Math.fround(Math.fround(Math.sqrt(scale)) * to.scale));
  return byteTable(input, output, (value) => {
    const centred = value - zeroPoint;
    if (centred <= 0) return highest;
    const root = inverseSquareRoot(centred);
    const one = multiplyByQuantizedMultiplier(1, root.multiplier, root.shift + RSQRT_SHIFT, rounding);
    return multiplyByQuantizedMultiplier(one, multiplier, shift - RSQRT_SHIFT, rounding) + to.zeroPoint;
  });
}

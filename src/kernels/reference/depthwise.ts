/**
 * Depthwise convolution, weights 1HWO. Output channel o reads input channel c = floor(o / depthMultiplier) only:
 *
 *   acc[y, x, o] = bias[o] + sum over ky, kx of (in[y*strideH + ky*dilationH - padTop, x*strideW + kx*dilationW - padLeft, c]
 *                                                - zpIn) * (weights[ky, kx, o] - zpWeights)
 *   out[y, x, o] = clamp(acc * multiplier[o] * 2^(shift[o] - 31) + zpOut)
 *
 * Positions outside the input add nothing. acc is an int32.
 * Source: tflite-micro, kernels/internal/reference/integer_ops/depthwise_conv.h (int8) and
 * reference/depthwiseconv_uint8.h (uint8).
 */
import type { Bytes } from './bytes.js';
import type { Rounding } from './fixedpoint.js';
import { multiplyByQuantizedMultiplier } from './fixedpoint.js';
import type { ConvParameters } from './prepare.js';

export function depthwise(
  input: Bytes,
  weights: Bytes,
  bias: Int32Array | undefined,
  output: Bytes,
  p: ConvParameters,
  rounding: Rounding = 'double',
): void {
  const { inputHeight, inputWidth, inputChannels, outputChannels, inputZeroPoint, weightZeroPoint } = p;
  const { dilationH = 1, dilationW = 1 } = p;
  let out = 0;
  for (let y = 0; y < p.outputHeight; y++) {
    for (let x = 0; x < p.outputWidth; x++) {
      for (let o = 0; o < outputChannels; o++) {
        const c = Math.floor(o / p.depthMultiplier);
        let acc = bias ? bias[o] : 0;
        for (let ky = 0; ky < p.kernelHeight; ky++) {
          const inY = y * p.strideH + ky * dilationH - p.padTop;
          if (inY < 0 || inY >= inputHeight) continue;
          for (let kx = 0; kx < p.kernelWidth; kx++) {
            const inX = x * p.strideW + kx * dilationW - p.padLeft;
            if (inX < 0 || inX >= inputWidth) continue;
            const value = input[(inY * inputWidth + inX) * inputChannels + c] - inputZeroPoint;
            const weight = weights[(ky * p.kernelWidth + kx) * outputChannels + o] - weightZeroPoint;
            acc = (acc + value * weight) | 0;
          }
        }
        const scaled = multiplyByQuantizedMultiplier(acc, p.multiplier[o], p.shift[o], rounding);
        output[out++] = Math.min(p.clampHigh, Math.max(p.clampLow, scaled + p.outputZeroPoint));
      }
    }
  }
}

/**
 * Convolution, weights OHWI:
 *
 *   acc[y, x, o] = bias[o] + sum over ky, kx, c of (in[y*strideH + ky*dilationH - padTop, x*strideW + kx*dilationW - padLeft,
 *                                                      first + c] - zpIn) * (weights[o, ky, kx, c] - zpWeights)
 *   out[y, x, o] = clamp(acc * multiplier[o] * 2^(shift[o] - 31) + zpOut)
 *
 * Positions outside the input add nothing. acc is an int32. Weights of fewer channels than the input's divide both its channels
 * and the outputs into as many groups; `first` is the first channel of the output's group, 0 where there is one.
 * Source: tflite-micro, kernels/internal/reference/integer_ops/conv.h (int8) and reference/conv.h (uint8).
 */
import type { Bytes } from './bytes.js';
import type { Rounding } from './fixedpoint.js';
import { multiplyByQuantizedMultiplier } from './fixedpoint.js';
import type { ConvParameters } from './prepare.js';

export function conv(
  input: Bytes,
  weights: Bytes,
  bias: Int32Array | undefined,
  output: Bytes,
  p: ConvParameters,
  rounding: Rounding = 'double',
): void {
  const { inputHeight, inputWidth, inputChannels, outputChannels, inputZeroPoint, weightZeroPoint } = p;
  const { dilationH = 1, dilationW = 1 } = p;
  const channels = weights.length / (outputChannels * p.kernelHeight * p.kernelWidth);
  const outputsOfGroup = (outputChannels * channels) / inputChannels;
  let out = 0;
  for (let y = 0; y < p.outputHeight; y++) {
    for (let x = 0; x < p.outputWidth; x++) {
      for (let o = 0; o < outputChannels; o++) {
        const first = Math.floor(o / outputsOfGroup) * channels;
        let acc = bias ? bias[o] : 0;
        for (let ky = 0; ky < p.kernelHeight; ky++) {
          const inY = y * p.strideH + ky * dilationH - p.padTop;
          if (inY < 0 || inY >= inputHeight) continue;
          for (let kx = 0; kx < p.kernelWidth; kx++) {
            const inX = x * p.strideW + kx * dilationW - p.padLeft;
            if (inX < 0 || inX >= inputWidth) continue;
            const pixel = (inY * inputWidth + inX) * inputChannels + first;
            const tap = ((o * p.kernelHeight + ky) * p.kernelWidth + kx) * channels;
            for (let c = 0; c < channels; c++) {
              acc = (acc + (input[pixel + c] - inputZeroPoint) * (weights[tap + c] - weightZeroPoint)) | 0;
            }
          }
        }
        const scaled = multiplyByQuantizedMultiplier(acc, p.multiplier[o], p.shift[o], rounding);
        output[out++] = Math.min(p.clampHigh, Math.max(p.clampLow, scaled + p.outputZeroPoint));
      }
    }
  }
}

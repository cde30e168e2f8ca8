/**
 * Transposed convolution, weights OHWI: every input pixel adds a window of outputs.
 *
 *   acc[y * strideH - padTop + ky, x * strideW - padLeft + kx, o] += (in[y, x, c] - zpIn) * (weights[o, ky, kx, c] - zpWeights)
 *   out[y, x, o] = clamp((acc + bias[o]) * multiplier[o] * 2^(shift[o] - 31) + zpOut)
 *
 * Positions outside the output are left out. acc is an int32.
 * Source: tflite-micro, kernels/internal/reference/integer_ops/transpose_conv.h (int8), TFLite's reference/transpose_conv.h (uint8).
 */
import type { Bytes } from './bytes.js';
import type { Rounding } from './fixedpoint.js';
import { multiplyByQuantizedMultiplier } from './fixedpoint.js';
import type { ConvParameters } from './prepare.js';

/** Paddings are those of the output. */
export type TransposeConvParameters = Omit<ConvParameters, 'depthMultiplier'>;

export function transposeConv(
  input: Bytes,
  weights: Bytes,
  bias: Int32Array | undefined,
  output: Bytes,
  p: TransposeConvParameters,
  rounding: Rounding = 'double',
): void {
  const { inputChannels, outputChannels, outputHeight, outputWidth } = p;
  const sums = new Int32Array(output.length);
  for (let y = 0; y < p.inputHeight; y++) {
    for (let x = 0; x < p.inputWidth; x++) {
      const pixel = (y * p.inputWidth + x) * inputChannels;
      for (let ky = 0; ky < p.kernelHeight; ky++) {
        const outY = y * p.strideH - p.padTop + ky;
        if (outY < 0 || outY >= outputHeight) continue;
        for (let kx = 0; kx < p.kernelWidth; kx++) {
          const outX = x * p.strideW - p.padLeft + kx;
          if (outX < 0 || outX >= outputWidth) continue;
          for (let o = 0; o < outputChannels; o++) {
            const tap = ((o * p.kernelHeight + ky) * p.kernelWidth + kx) * inputChannels;
            let sum = 0;
            for (let c = 0; c < inputChannels; c++) {
              sum += (input[pixel + c] - p.inputZeroPoint) * (weights[tap + c] - p.weightZeroPoint);
            }
            sums[(outY * outputWidth + outX) * outputChannels + o] += sum;
          }
        }
      }
    }
  }
  sums.forEach((sum, i) => {
    const o = i % outputChannels;
    const scaled = multiplyByQuantizedMultiplier(
      (sum + (bias ? bias[o] : 0)) | 0,
      p.multiplier[o],
      p.shift[o],
      rounding,
    );
    output[i] = Math.min(p.clampHigh, Math.max(p.clampLow, scaled + p.outputZeroPoint));
  });
}

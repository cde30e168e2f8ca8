/** Convolutions of real values. Sums are double. */
import { hwc, type Tensor } from '../../graph/graph.js';
import type { ConvolutionOperator } from '../../graph/window.js';
import { windows } from './windows.js';

/** `tensors`: input, filter; `values`: input, filter, bias?. */
export function convolve(
  operator: ConvolutionOperator,
  [inputTensor, filter]: readonly Tensor[],
  output: Tensor,
  [input, weights, bias]: readonly Float32Array[],
  out: Float32Array,
): void {
  const [, width, channels] = hwc(inputTensor.shape);
  const outputs = hwc(output.shape)[2];
  const [, kernelH, kernelW] = filter.shape;
  const sums = new Float64Array(outputs);
  windows(operator, inputTensor, output, kernelH, kernelW, (pixel, top, left, y0, y1, x0, x1) => {
    for (let o = 0; o < outputs; o++) sums[o] = bias?.[o] ?? 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const from = (y * width + x) * channels;
        const tap = (y - top) * kernelW + (x - left);
        if (operator.op === 'DEPTHWISE_CONV_2D') {
          const multiplier = operator.depthMultiplier;
          for (let o = 0; o < outputs; o++) {
            sums[o] += input[from + Math.floor(o / multiplier)] * weights[tap * outputs + o];
          }
          continue;
        }
        for (let o = 0; o < outputs; o++) {
          const row = (o * kernelH * kernelW + tap) * channels;
          let sum = 0;
          for (let c = 0; c < channels; c++) sum += input[from + c] * weights[row + c];
          sums[o] += sum;
        }
      }
    }
    out.set(sums, pixel * outputs);
  });
}

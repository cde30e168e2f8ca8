/** Convolutions of real values. Sums are double. */
import { hwc, type Tensor } from '../../graph/graph.js';
import type { ConvolutionOperator, TransposeConvOperator } from '../../graph/window.js';
import { windowPixels } from './windows.js';

/** `tensors`: input, filter; `values`: input, filter, bias?. */
export function convolve(
  operator: ConvolutionOperator | TransposeConvOperator,
  [inputTensor, filter]: readonly Tensor[],
  output: Tensor,
  [input, weights, bias]: readonly Float32Array[],
  out: Float32Array,
): void {
  const channels = hwc(inputTensor.shape)[2];
  const outputs = hwc(output.shape)[2];
  const [, kernelH, kernelW, ofGroup] = filter.shape;
  const taps = kernelH * kernelW;
  const sums = Float64Array.from(out, (_, i) => bias?.[i % outputs] ?? 0);
  windowPixels(operator, inputTensor, output, [kernelH, kernelW], (pixel, tap, from) => {
    const to = pixel * outputs;
    if (operator.op === 'DEPTHWISE_CONV_2D') {
      const multiplier = operator.depthMultiplier;
      for (let o = 0; o < outputs; o++) {
        sums[to + o] += input[from * channels + Math.floor(o / multiplier)] * weights[tap * outputs + o];
      }
      return;
    }
    for (let o = 0; o < outputs; o++) {
      const row = (o * taps + tap) * ofGroup;
      const group = from * channels + Math.floor((o * channels) / (outputs * ofGroup)) * ofGroup;
      let sum = 0;
      for (let c = 0; c < ofGroup; c++) sum += input[group + c] * weights[row + c];
      sums[to + o] += sum;
    }
  });
  out.set(sums);
}

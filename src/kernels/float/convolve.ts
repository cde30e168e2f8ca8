/** Convolutions of real values. Sums are double. */
import { hwc, type Tensor, type WeightedOperator } from '../../graph/graph.js';
import { isDepthwise, windowSize } from '../../graph/weighted.js';
import type { WindowPixels } from './windows.js';

/** `tensors`: input, filter; `values`: input, filter, bias?; `pixels` says which of them meet. */
export function convolve<O extends WeightedOperator>(
  pixels: WindowPixels<O>,
  operator: O,
  [inputTensor, filter]: readonly Tensor[],
  output: Tensor,
  [input, weights, bias]: readonly Float32Array[],
  out: Float32Array,
): void {
  const channels = hwc(inputTensor.shape)[2];
  const outputs = hwc(output.shape)[2];
  const ofGroup = filter.shape[3];
  const taps = windowSize(filter);
  const sums = Float64Array.from(out, (_, i) => bias?.[i % outputs] ?? 0);
  pixels(operator, { input: inputTensor, output, filter }, (pixel, tap, from) => {
    const to = pixel * outputs;
    if (isDepthwise(operator)) {
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

/** Pools of real values. Pixels outside of the input do not count, as in TFLite. */
import { hwc, type Tensor } from '../../graph/graph.js';
import type { PoolOperator } from '../../graph/window.js';
import { windows } from './windows.js';

/** `add` takes a value into the total, `finish` makes an output of a total over n pixels. */
export function pool(
  operator: PoolOperator,
  inputTensor: Tensor,
  output: Tensor,
  input: Float32Array,
  out: Float32Array,
  start: number,
  add: (total: number, value: number) => number,
  finish: (total: number, n: number) => number,
): void {
  const [, width, channels] = hwc(inputTensor.shape);
  windows(operator, inputTensor, output, operator.filterH, operator.filterW, (pixel, _top, _left, y0, y1, x0, x1) => {
    for (let c = 0; c < channels; c++) {
      let total = start;
      for (let y = y0; y < y1; y++) {
        for (let x = x0; x < x1; x++) total = add(total, input[(y * width + x) * channels + c]);
      }
      out[pixel * channels + c] = finish(total, (y1 - y0) * (x1 - x0));
    }
  });
}

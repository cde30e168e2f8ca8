/** Windows on maps of real values. */
import { hwc, type Tensor } from '../../graph/graph.js';
import { type WindowOperator, windowGeometry } from '../../graph/window.js';

/** Calls `visit` for every output pixel with the part [y0, y1) x [x0, x1) of its window that lies in the input. */
export function windows(
  operator: WindowOperator,
  input: Tensor,
  output: Tensor,
  kernelH: number,
  kernelW: number,
  visit: (pixel: number, top: number, left: number, y0: number, y1: number, x0: number, x1: number) => void,
): void {
  const [height, width] = hwc(input.shape);
  const [outputHeight, outputWidth] = hwc(output.shape);
  const padTop = windowGeometry(height, kernelH, operator.strideH, operator.padding).before;
  const padLeft = windowGeometry(width, kernelW, operator.strideW, operator.padding).before;
  for (let oy = 0; oy < outputHeight; oy++) {
    for (let ox = 0; ox < outputWidth; ox++) {
      const top = oy * operator.strideH - padTop;
      const left = ox * operator.strideW - padLeft;
      const [y1, x1] = [Math.min(height, top + kernelH), Math.min(width, left + kernelW)];
      visit(oy * outputWidth + ox, top, left, Math.max(0, top), y1, Math.max(0, left), x1);
    }
  }
}

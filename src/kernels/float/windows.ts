/** Windows on maps of real values. */
import { type Dilation, elements, hwc, type SlidingWindow, type Tensor } from '../../graph/graph.js';
import { extents, windowGeometry } from '../../graph/window.js';

/**
 * Calls `visit` for every output pixel, and for every pixel of its window that lies in the input: the latter's number, and its
 * place in the window, row by row.
 */
export type WindowPixels<O> = (
  operator: O,
  tensors: { input: Tensor; output: Tensor; filter: Tensor },
  visit: (pixel: number, tap: number, from: number) => void,
) => void;

/** A row of inputs is a pixel, of which one row of outputs is made. */
export const rowPixels: WindowPixels<unknown> = (_, { input, filter }, visit) => {
  const rows = elements(input.shape) / filter.shape[1];
  for (let row = 0; row < rows; row++) visit(row, 0, row);
};

/** The window slides over the output: every input pixel reaches the outputs that it would be made of in a convolution. */
export const scatteredPixels: WindowPixels<SlidingWindow> = (operator, { input, output, filter }, visit) =>
  windowPixels(operator, { input: output, output: input, filter }, (pixel, tap, from) => visit(from, tap, pixel));

/** The window slides over the input. */
export const windowPixels: WindowPixels<SlidingWindow & Dilation> = (operator, { input, output, filter }, visit) => {
  const [, kernelH, kernelW] = filter.shape;
  const [height, width] = hwc(input.shape);
  const { dilationH = 1, dilationW = 1 } = operator;
  const [extentH, extentW] = extents([kernelH, kernelW], operator);
  windows(operator, input, output, extentH, extentW, (pixel, top, left) => {
    for (let ky = 0, y = top; ky < kernelH; ky++, y += dilationH) {
      if (y < 0 || y >= height) continue;
      for (let kx = 0, x = left; kx < kernelW; kx++, x += dilationW) {
        if (x >= 0 && x < width) visit(pixel, ky * kernelW + kx, y * width + x);
      }
    }
  });
};

/** Calls `visit` for every output pixel with the part [y0, y1) x [x0, x1) of its window that lies in the input. */
export function windows(
  operator: SlidingWindow,
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

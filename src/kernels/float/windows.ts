/** Windows on maps of real values. */
import { hwc, type Tensor } from '../../graph/graph.js';
import {
  type ConvolutionOperator,
  extents,
  type TransposeConvOperator,
  type WindowOperator,
  windowGeometry,
} from '../../graph/window.js';

/**
 * Calls `visit` for every output pixel, and for every pixel of its window that lies in the input: the latter's number, and its
 * place in the window, row by row.
 */
export function windowPixels(
  operator: ConvolutionOperator | TransposeConvOperator,
  input: Tensor,
  output: Tensor,
  [kernelH, kernelW]: readonly number[],
  visit: (pixel: number, tap: number, from: number) => void,
): void {
  if (operator.op === 'TRANSPOSE_CONV') {
    // Every input pixel reaches the outputs that a window over the output would gather it from.
    const swap = (pixel: number, tap: number, from: number) => visit(from, tap, pixel);
    windowPixels({ ...operator, op: 'CONV_2D' }, output, input, [kernelH, kernelW], swap);
    return;
  }
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
}

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

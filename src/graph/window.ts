/** Where windows of convolutions and pools stand, as TFLite has it. */
import { DepthwiseError } from '../errors.js';
import type { Dilation, Operator, Padding, SlidingWindow, Tensor } from './graph.js';
import { where } from './graph.js';

/** An operator whose window slides over pixels: those of its input, or, of a transposed convolution, of its output. */
export type WindowOperator = Operator & SlidingWindow;

/** A pool: its window has its size in the options. */
export type PoolOperator = Extract<WindowOperator, { filterH: number }>;

/** Pixels from the first to the last of a window's `kernel` pixels. */
export const extent = (kernel: number, dilation = 1): number => (kernel - 1) * dilation + 1;

/** Rows and columns that a window spans, dilation included. */
export const extents = ([kernelH, kernelW]: readonly number[], { dilationH, dilationW }: Dilation) =>
  [extent(kernelH, dilationH), extent(kernelW, dilationW)] as const;

/**
 * One axis of a convolution or pooling, as TFLite's ComputePaddingHeightWidth: SAME gives ceil(input / stride) outputs
 * and pads max(0, (output - 1) * stride + kernel - input) in all, the smaller half (rounded down) `before`.
 * `output` is 0 or less where the window does not fit.
 */
export function windowGeometry(
  input: number,
  kernel: number,
  stride: number,
  padding: Padding,
): { output: number; before: number } {
  const output = padding === 'same' ? Math.ceil(input / stride) : Math.floor((input - kernel + stride) / stride);
  const total = Math.max(0, (output - 1) * stride + kernel - input);
  return { output, before: Math.floor(total / 2) };
}

/** Whether some window on an input [1,H,W,C] reaches over the border, where pixels count as 0. */
export function reachesOver(operator: SlidingWindow & Dilation, input: Tensor, kernel: readonly number[]): boolean {
  const strides = [operator.strideH, operator.strideW];
  return extents(kernel, operator).some((size, axis) => {
    const pixels = input.shape[axis + 1];
    const { output } = windowGeometry(pixels, size, strides[axis], operator.padding);
    return (output - 1) * strides[axis] + size > pixels;
  });
}

/**
 * Shape of what a window makes of an input [1,H,W,C].
 * @throws DepthwiseError MODEL_INVALID where it does not fit.
 */
export function windowShape(
  operator: WindowOperator,
  input: Tensor,
  [kernelH, kernelW]: readonly number[],
  channels: number,
): number[] {
  const height = windowGeometry(input.shape[1], kernelH, operator.strideH, operator.padding).output;
  const width = windowGeometry(input.shape[2], kernelW, operator.strideW, operator.padding).output;
  if (height < 1 || width < 1) {
    throw new DepthwiseError(
      'MODEL_INVALID',
      `${where(operator, input)}: a ${kernelH}x${kernelW} window without padding does not fit into ` +
        `${input.shape[1]}x${input.shape[2]} pixels. Make the input larger or use SAME padding.`,
    );
  }
  return [1, height, width, channels];
}

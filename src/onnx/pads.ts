/** Paddings of ONNX windows, which may be any, as paddings that TFLite's windows have: SAME, or pixels added before. */
import type { Tensor } from '../graph/graph.js';
import { windowGeometry } from '../graph/window.js';
import type { NodeTranslation } from './translate.js';

/** Pixels added at the top, left, bottom, right, as ONNX orders them. */
export type Pads = readonly number[];

/** Padding that TFLite's SAME adds to `input`. */
export function samePads(input: Tensor, kernelH: number, kernelW: number, strideH: number, strideW: number): Pads {
  const axis = (size: number, kernel: number, stride: number) => {
    const { output, before } = windowGeometry(size, kernel, stride, 'same');
    return [before, Math.max(0, (output - 1) * stride + kernel - size) - before];
  };
  const [top, bottom] = axis(input.shape[1], kernelH, strideH);
  const [left, right] = axis(input.shape[2], kernelW, strideW);
  return [top, left, bottom, right];
}

export function readPads(node: NodeTranslation, input: Tensor, kernelH: number, kernelW: number): Pads {
  const mode = node.text('auto_pad', 'NOTSET');
  const [strideH, strideW] = node.list('strides', 2, 1, 1);
  switch (mode) {
    case 'NOTSET':
      return node.list('pads', 4, 0, 0);
    case 'VALID':
      return [0, 0, 0, 0];
    case 'SAME_UPPER':
      return samePads(input, kernelH, kernelW, strideH, strideW);
    case 'SAME_LOWER': {
      const [top, left, bottom, right] = samePads(input, kernelH, kernelW, strideH, strideW);
      return [bottom, right, top, left];
    }
    default:
      throw node.unsupported(`auto_pad ${mode}`, 'NOTSET, VALID, SAME_UPPER, SAME_LOWER');
  }
}

/** Height and width of what a window without padding gives. */
export function outputSize(
  node: NodeTranslation,
  input: Tensor,
  kernelH: number,
  kernelW: number,
  strideH: number,
  strideW: number,
): number[] {
  const size = [
    windowGeometry(input.shape[1], kernelH, strideH, 'valid').output,
    windowGeometry(input.shape[2], kernelW, strideW, 'valid').output,
  ];
  if (size.some((value) => value < 1)) {
    throw node.invalid(
      `a ${kernelH}x${kernelW} window on ${input.shape[1]}x${input.shape[2]} pixels`,
      'a window that fits into the padded input',
      input.name,
    );
  }
  return size;
}

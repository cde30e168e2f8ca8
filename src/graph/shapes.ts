/** Shapes as TFLite derives them: where windows stand, and the output shape of every operator. */

import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, OperatorOf, Padding, Tensor } from './graph.js';
import { elements, where } from './graph.js';
import { unreachable } from './refusal.js';

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

type WindowOperator = OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'>;

/** Window height and width of a convolution (from its filter) or a pooling. */
export function kernelSize(operator: WindowOperator, tensors: readonly Tensor[]): [height: number, width: number] {
  if (operator.op === 'AVERAGE_POOL_2D' || operator.op === 'MAX_POOL_2D') return [operator.filterH, operator.filterW];
  const { shape } = tensors[operator.inputs[1]];
  return [shape[1], shape[2]];
}

function windowShape(operator: WindowOperator, tensors: readonly Tensor[], channels: number): number[] {
  const input = tensors[operator.inputs[0]];
  const [kernelH, kernelW] = kernelSize(operator, tensors);
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

/** Axis of a concatenation counted from the front. */
export function concatenationAxis(operator: OperatorOf<'CONCATENATION'>, rank: number): number {
  return operator.axis < 0 ? operator.axis + rank : operator.axis;
}

/**
 * Axes of 1 that a squeeze removes: those the output does not account for, read from the front. Undefined if the output
 * does not come about by removing axes of 1.
 */
export function squeezedAxes(input: readonly number[], output: readonly number[]): number[] | undefined {
  let kept = 0;
  const squeezed: number[] = [];
  for (const [axis, dim] of input.entries()) {
    if (dim === output[kept]) kept++;
    else if (dim === 1) squeezed.push(axis);
    else return undefined;
  }
  // Without a list of axes TFLite removes every 1.
  const asListed = squeezed.length > 0 || !input.includes(1);
  return kept === output.length && asListed ? squeezed : undefined;
}

/**
 * Shape of the output that TFLite would compute from the shapes of the inputs, or undefined for RESHAPE and SQUEEZE,
 * whose output shape is stated and not derived. Inputs must have been checked (validate.ts).
 */
export function outputShape(operator: Operator, tensors: readonly Tensor[]): number[] | undefined {
  const input = tensors[operator.inputs[0]];
  switch (operator.op) {
    case 'CONV_2D':
      return windowShape(operator, tensors, tensors[operator.inputs[1]].shape[0]);
    case 'DEPTHWISE_CONV_2D':
      return windowShape(operator, tensors, tensors[operator.inputs[1]].shape[3]);
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      return windowShape(operator, tensors, input.shape[3]);
    case 'FULLY_CONNECTED':
      return [elements(input.shape) / tensors[operator.inputs[1]].shape[1], tensors[operator.inputs[1]].shape[0]];
    case 'MEAN':
      return operator.keepDims ? [1, 1, 1, input.shape[3]] : [1, input.shape[3]];
    case 'PAD': {
      const paddings = tensors[operator.inputs[1]].data as Int32Array;
      return input.shape.map((dim, axis) => dim + paddings[2 * axis] + paddings[2 * axis + 1]);
    }
    case 'CONCATENATION': {
      const axis = concatenationAxis(operator, input.shape.length);
      const length = operator.inputs.reduce((sum, index) => sum + tensors[index].shape[axis], 0);
      return input.shape.map((dim, i) => (i === axis ? length : dim));
    }
    case 'RESHAPE':
    case 'SQUEEZE':
      return undefined;
    case 'ADD':
    case 'SOFTMAX':
    case 'LOGISTIC':
    case 'RELU':
    case 'RELU6':
    case 'QUANTIZE':
    case 'DEQUANTIZE':
      return [...input.shape];
    default:
      return unreachable(operator);
  }
}

/** The output tensor must be what outputShape says; the rows of a fully connected output may have further dimensions. */
export function checkOutputShape(graph: Graph, operator: Operator): void {
  const { tensors } = graph;
  const output = tensors[operator.outputs[0]];
  const input = tensors[operator.inputs[0]];
  const expected = outputShape(operator, tensors);
  if (expected === undefined) {
    if (elements(output.shape) === elements(input.shape)) return;
  } else if (operator.op === 'FULLY_CONNECTED') {
    if (output.shape.at(-1) === expected[1] && elements(output.shape) === elements(expected)) return;
  } else if (String(output.shape) === String(expected)) {
    return;
  }
  const wanted = expected ? `[${expected}]` : `${elements(input.shape)} values as in the input [${input.shape}]`;
  throw new DepthwiseError(
    'MODEL_INVALID',
    `${where(operator, output)}: the output shape is [${output.shape}], but ${wanted} follows from the inputs. ` +
      'The file contradicts itself: export the model again.',
  );
}

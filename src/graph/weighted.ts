/** Layers with weights, and how their weights are indexed. */
import { elements, type GraphTensors, type Operator, type OperatorOf } from './graph.js';
import type { ConvolutionOperator } from './window.js';

export type WeightedOperator = OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'FULLY_CONNECTED' | 'TRANSPOSE_CONV'>;

export const isWeighted = (operator: Operator): operator is WeightedOperator =>
  isConvolution(operator) || operator.op === 'FULLY_CONNECTED' || operator.op === 'TRANSPOSE_CONV';

export const isConvolution = (operator: Operator): operator is ConvolutionOperator =>
  operator.op === 'CONV_2D' || operator.op === 'DEPTHWISE_CONV_2D';

/** Axis of the output channels in the filter: filters are OHWI or OI, those of depthwise layers 1HWO. */
export const filterAxis = (operator: WeightedOperator): number => (operator.op === 'DEPTHWISE_CONV_2D' ? 3 : 0);

/** Output channel of a weight by its position. */
export function outputChannel(graph: GraphTensors, operator: WeightedOperator): (position: number) => number {
  const { shape } = graph.tensors[operator.inputs[1]];
  if (operator.op === 'DEPTHWISE_CONV_2D') return (position) => position % shape[3];
  const perChannel = shape.slice(1).reduce((a, b) => a * b, 1);
  return (position) => Math.floor(position / perChannel);
}

/** Groups of channels that meet only each other: 1, but where a CONV_2D has filters of fewer channels than its input. */
export function groupsOf({ tensors }: GraphTensors, { op, inputs }: WeightedOperator): number {
  return op === 'CONV_2D' ? tensors[inputs[0]].shape[3] / tensors[inputs[1]].shape[3] : 1;
}

/** Input channel of a weight by its position. */
export function inputChannel(graph: GraphTensors, operator: WeightedOperator): (position: number) => number {
  const { shape } = graph.tensors[operator.inputs[1]];
  const channels = shape[shape.length - 1];
  const groups = groupsOf(graph, operator);
  if (groups > 1) {
    const weights = elements(shape) / groups;
    return (position) => Math.floor(position / weights) * channels + (position % channels);
  }
  if (operator.op !== 'DEPTHWISE_CONV_2D') return (position) => position % channels;
  return (position) => Math.floor((position % channels) / operator.depthMultiplier);
}

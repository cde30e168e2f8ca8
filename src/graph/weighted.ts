/** Layers with weights, and how their weights are indexed. */
import type { GraphTensors, Operator, OperatorOf } from './graph.js';
import type { ConvolutionOperator } from './window.js';

export type WeightedOperator = OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'FULLY_CONNECTED'>;

export const isWeighted = (operator: Operator): operator is WeightedOperator =>
  isConvolution(operator) || operator.op === 'FULLY_CONNECTED';

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

/** Input channel of a weight by its position. */
export function inputChannel(graph: GraphTensors, operator: WeightedOperator): (position: number) => number {
  const { shape } = graph.tensors[operator.inputs[1]];
  const channels = shape[shape.length - 1];
  if (operator.op !== 'DEPTHWISE_CONV_2D') return (position) => position % channels;
  return (position) => Math.floor((position % channels) / operator.depthMultiplier);
}

/** Layers with weights, and how their weights are indexed. */
import type { Graph, Operator, OperatorOf } from '../graph/graph.js';

export type WeightedOperator = OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'FULLY_CONNECTED'>;

export function isWeighted(operator: Operator): operator is WeightedOperator {
  return operator.op === 'CONV_2D' || operator.op === 'DEPTHWISE_CONV_2D' || operator.op === 'FULLY_CONNECTED';
}

/** Output channel of a weight by its position: filters are OHWI or OI, those of depthwise layers 1HWO. */
export function outputChannel(graph: Pick<Graph, 'tensors'>, operator: WeightedOperator): (position: number) => number {
  const { shape } = graph.tensors[operator.inputs[1]];
  if (operator.op === 'DEPTHWISE_CONV_2D') return (position) => position % shape[3];
  const perChannel = shape.slice(1).reduce((a, b) => a * b, 1);
  return (position) => Math.floor(position / perChannel);
}

/** Input channel of a weight by its position. */
export function inputChannel(graph: Pick<Graph, 'tensors'>, operator: WeightedOperator): (position: number) => number {
  const { shape } = graph.tensors[operator.inputs[1]];
  const channels = shape[shape.length - 1];
  if (operator.op !== 'DEPTHWISE_CONV_2D') return (position) => position % channels;
  return (position) => Math.floor((position % channels) / operator.depthMultiplier);
}

/** Layers with weights, and how their weights are indexed: filters are OHWI or OI, those of depthwise layers 1HWO. */
import { type DepthwiseOperator, elements, type GraphTensors, type Operator, type WeightedOperator } from './graph.js';

export const isDepthwise = (operator: Operator): operator is DepthwiseOperator => 'depthMultiplier' in operator;

/** Axis of the output channels in the filter. */
export const filterAxis = (operator: WeightedOperator): number => (isDepthwise(operator) ? 3 : 0);

/** Output channel of a weight by its position. */
export function outputChannel(graph: GraphTensors, operator: WeightedOperator): (position: number) => number {
  const { shape } = graph.tensors[operator.inputs[1]];
  if (isDepthwise(operator)) return (position) => position % shape[3];
  const perChannel = shape.slice(1).reduce((a, b) => a * b, 1);
  return (position) => Math.floor(position / perChannel);
}

/** Groups of channels that meet only each other, where filters have fewer channels than the input; else 1, as in depthwise layers. */
export function groupsOf({ tensors }: GraphTensors, operator: WeightedOperator): number {
  const [input, filter] = operator.inputs.map((index) => tensors[index]?.shape);
  return isDepthwise(operator) || filter.length < 4 ? 1 : input[3] / filter[3];
}

/** Pixels of a window: 1 where a row of inputs is a pixel. */
export const windowSize = ({ shape }: { shape: readonly number[] }): number =>
  shape.length < 4 ? 1 : shape[1] * shape[2];

/** Input channel of a weight by its position. */
export function inputChannel(graph: GraphTensors, operator: WeightedOperator): (position: number) => number {
  const { shape } = graph.tensors[operator.inputs[1]];
  const channels = shape[shape.length - 1];
  const groups = groupsOf(graph, operator);
  if (groups > 1) {
    const weights = elements(shape) / groups;
    return (position) => Math.floor(position / weights) * channels + (position % channels);
  }
  if (!isDepthwise(operator)) return (position) => position % channels;
  return (position) => Math.floor((position % channels) / operator.depthMultiplier);
}

/** How channels hang together: which channel of its input a weight multiplies, which channels an operator hands on. */

import type { Graph, Operator, Tensor, WeightedOperator } from '../graph/graph.js';
import { channelsOf, perTensor } from '../graph/graph.js';
import { groupsOf, isDepthwise } from '../graph/weighted.js';
import { type Link, place } from '../operators/definition.js';
import { definitionOf, filterOf, isWeighted } from '../operators/index.js';

/** A convolution or fully connected layer as rows of weights, one row for each output channel. */
export interface Layer {
  outputs: number;
  /** Weights of output o less their zero point. */
  row(o: number): Int16Array;
  /** The input channel that weight i of output o multiplies. */
  channel(o: number, i: number): number;
  bias(o: number): number;
  inputZeroPoint: number;
  /** Some window meets less than all pixels, as at a padded border: the others count as the zero point. */
  padded: boolean;
}

export function layerOf({ tensors }: Graph, operator: WeightedOperator, padded: boolean): Layer {
  const [input, filter, bias] = operator.inputs.map((index): Tensor | undefined => tensors[index]);
  const data = filter!.data!;
  const channels = channelsOf(input!);
  const outputs = channelsOf(tensors[operator.outputs[0]]);
  const weights = data.length / outputs;
  const { zeroPoint } = perTensor(filter!);
  const depthwise = isDepthwise(operator) ? operator.depthMultiplier : 0;
  const groups = groupsOf({ tensors }, operator);
  const ofGroup = channels / groups;
  // Depthwise filters are [taps][outputs], the others [outputs][taps][channels]; a flattened input is taps of channels too.
  const at = depthwise ? (o: number, i: number) => i * outputs + o : (o: number, i: number) => o * weights + i;
  return {
    outputs,
    row: (o) => {
      // A plain loop: Int16Array.from with a function takes 25 times as long.
      const row = new Int16Array(weights);
      for (let i = 0; i < weights; i++) row[i] = data[at(o, i)] - zeroPoint;
      return row;
    },
    channel: depthwise
      ? (o) => Math.floor(o / depthwise)
      : (o, i) => Math.floor((o * groups) / outputs) * ofGroup + (i % ofGroup),
    bias: (o) => bias?.data?.[o] ?? 0,
    inputZeroPoint: perTensor(input!).zeroPoint,
    padded,
  };
}

/** All layers of a graph by the position of their operator. */
export function layersOf(graph: Graph): ReadonlyMap<Operator, Layer> {
  const layers = new Map<Operator, Layer>();
  for (const operator of graph.operators) {
    if (!isWeighted(operator)) continue;
    const isPartial = filterOf(operator).isPartial?.(place(graph, operator)) ?? false;
    layers.set(operator, layerOf(graph, operator, isPartial));
  }
  return layers;
}

/**
 * The channels that an operator without weights hands on: both ends of a link stay or both go. Undefined where channels
 * mix.
 */
export const linksOf = (graph: Graph, operator: Operator): Link[] | undefined =>
  definitionOf(operator).links?.(place(graph, operator));

/** How channels hang together: which channel of its input a weight multiplies, which channels an operator hands on. */

import type { Graph, Operator, Tensor } from '../graph/graph.js';
import { channelsOf, perTensor } from '../graph/graph.js';
import { groupsOf, isConvolution, isWeighted, type WeightedOperator } from '../graph/weighted.js';
import { extent } from '../graph/window.js';
import { convParameters } from '../kernels/reference/prepare.js';
import { type Link, place } from '../operators/definition.js';
import { definitionOf } from '../operators/index.js';

/** A convolution or fully connected layer as rows of weights, one row for each output channel. */
export interface Layer {
  outputs: number;
  /** Weights of output o less their zero point. */
  row(o: number): Int16Array;
  /** The input channel that weight i of output o multiplies. */
  channel(o: number, i: number): number;
  bias(o: number): number;
  inputZeroPoint: number;
  /** Some window reaches over the border, where pixels count as the zero point. */
  padded: boolean;
}

export function layerOf({ tensors }: Graph, operator: WeightedOperator, padded: boolean): Layer {
  const [input, filter, bias] = operator.inputs.map((index): Tensor | undefined => tensors[index]);
  const data = filter!.data!;
  const channels = channelsOf(input!);
  const outputs = channelsOf(tensors[operator.outputs[0]]);
  const weights = data.length / outputs;
  const { zeroPoint } = perTensor(filter!);
  const depthwise = operator.op === 'DEPTHWISE_CONV_2D' ? operator.depthMultiplier : 0;
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
    if (isWeighted(operator)) layers.set(operator, layerOf(graph, operator, reachesOver(graph, operator)));
  }
  return layers;
}

function reachesOver(graph: Graph, operator: WeightedOperator): boolean {
  // Outputs of a transposed convolution meet parts of the window, by where they stand between the input's pixels.
  if (!isConvolution(operator)) return operator.op === 'TRANSPOSE_CONV';
  const p = convParameters(graph, operator);
  const bottom = (p.outputHeight - 1) * p.strideH + extent(p.kernelHeight, p.dilationH) - p.padTop;
  const right = (p.outputWidth - 1) * p.strideW + extent(p.kernelWidth, p.dilationW) - p.padLeft;
  return p.padTop > 0 || p.padLeft > 0 || bottom > p.inputHeight || right > p.inputWidth;
}

/**
 * The channels that an operator without weights hands on: both ends of a link stay or both go. Undefined where channels
 * mix.
 */
export const linksOf = (graph: Graph, operator: Operator): Link[] | undefined =>
  definitionOf(operator).links?.(place(graph, operator));

/** How channels hang together: which channel of its input a weight multiplies, which channels an operator hands on. */

import type { Graph, Operator, OperatorOf, Tensor } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { unreachable } from '../graph/refusal.js';
import { concatenationAxis } from '../graph/shapes.js';
import { convParameters } from '../kernels/reference/prepare.js';

/** Channels are the last axis of an activation, whatever its rank (hwc in src/graph/graph.ts). */
export const channelsOf = (tensor: Tensor): number => tensor.shape[tensor.shape.length - 1] ?? 1;

export type WeightedOperator = OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'FULLY_CONNECTED'>;

export const isWeighted = (operator: Operator): operator is WeightedOperator =>
  operator.op === 'CONV_2D' || operator.op === 'DEPTHWISE_CONV_2D' || operator.op === 'FULLY_CONNECTED';

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
    channel: depthwise ? (o) => Math.floor(o / depthwise) : (_, i) => i % channels,
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
  if (operator.op === 'FULLY_CONNECTED') return false;
  const p = convParameters(graph, operator);
  const bottom = (p.outputHeight - 1) * p.strideH + p.kernelHeight - p.padTop;
  const right = (p.outputWidth - 1) * p.strideW + p.kernelWidth - p.padLeft;
  return p.padTop > 0 || p.padLeft > 0 || bottom > p.inputHeight || right > p.inputWidth;
}

/** Channel `from` of input number `input` goes into channel `to` of the output, and into no other operator's sum. */
export interface Link {
  input: number;
  from: number;
  to: number;
}

/**
 * The channels that operators without weights hand on: both ends of a link stay or both go. Undefined where channels
 * mix: SOFTMAX, and a RESHAPE that cuts through them.
 */
export function linksOf({ tensors }: Graph, operator: Operator): Link[] | undefined {
  const output = channelsOf(tensors[operator.outputs[0]]);
  const input = channelsOf(tensors[operator.inputs[0]]);
  const alike = (position: number) => Array.from({ length: output }, (_, c) => ({ input: position, from: c, to: c }));
  switch (operator.op) {
    case 'SOFTMAX':
      return undefined;
    case 'RESHAPE':
    case 'SQUEEZE': {
      // The bytes keep their order. So byte i is of channel i mod C before and i mod D behind, if one divides the other.
      const most = Math.max(input, output);
      if (most % input || most % output) return undefined;
      return Array.from({ length: most }, (_, i) => ({ input: 0, from: i % input, to: i % output }));
    }
    case 'ADD':
      return [...alike(0), ...alike(1)];
    case 'CONCATENATION': {
      const { shape } = tensors[operator.outputs[0]];
      if (concatenationAxis(operator, shape.length) !== shape.length - 1) {
        return operator.inputs.flatMap((_, position) => alike(position));
      }
      let start = 0;
      return operator.inputs.flatMap((index, position) => {
        const at = start;
        start += channelsOf(tensors[index]);
        return Array.from({ length: start - at }, (_, c) => ({ input: position, from: c, to: at + c }));
      });
    }
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D':
    case 'FULLY_CONNECTED':
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
    case 'MEAN':
    case 'PAD':
    case 'LOGISTIC':
    case 'RELU':
    case 'RELU6':
    case 'QUANTIZE':
    case 'DEQUANTIZE':
      return alike(0);
    default:
      return unreachable(operator);
  }
}

/**
 * Passes over a float graph that leave what it computes as it is: a per-channel factor and shift (batch normalisation)
 * goes into the weights before it, as a constant that is added does, an activation into the operator before it, a PAD into
 * the SAME padding behind it.
 */
import type { Activation, Graph, Operator, OperatorOf, Tensor } from '../graph/graph.js';
import { windowGeometry } from '../graph/shapes.js';
import { isWeighted } from './layers.js';

/** One operator in place of `first` and `second`, which alone reads the output of `first`; or undefined. */
type Merge = (first: Operator, second: Operator, tensors: Tensor[]) => Operator | undefined;

export function simplify(graph: Graph): Graph {
  return [foldConstant, foldScale, absorbPadding, fuseActivation].reduce(mergePairs, graph);
}

/** Tries `merge` on each pair of neighbours, first to last; what was merged may merge again. */
export function mergePairs(graph: Graph, merge: Merge): Graph {
  const tensors = [...graph.tensors];
  const operators: Operator[] = [];
  const readers = new Map<number, number>();
  for (const index of [...graph.operators.flatMap(({ inputs }) => inputs), ...graph.outputs]) {
    readers.set(index, (readers.get(index) ?? 0) + 1);
  }
  /** Position in `operators` of the writer of a tensor. */
  const writer = new Map<number, number>();
  for (const operator of graph.operators) {
    const position = readers.get(operator.inputs[0]) === 1 ? writer.get(operator.inputs[0]) : undefined;
    const merged = position === undefined ? undefined : merge(operators[position], operator, tensors);
    if (position !== undefined && merged) operators[position] = merged;
    else operators.push(operator);
    writer.set(operator.outputs[0], position !== undefined && merged ? position : operators.length - 1);
  }
  return compact({ ...graph, tensors, operators });
}

/** Without the tensors that nothing uses; indices counted anew. */
function compact(graph: Graph): Graph {
  const used = new Set([...graph.inputs, ...graph.outputs]);
  for (const { inputs, outputs } of graph.operators) for (const index of [...inputs, ...outputs]) used.add(index);
  const kept = graph.tensors.filter(({ index }) => used.has(index));
  const renamed = new Map(kept.map(({ index }, i) => [index, i]));
  const rename = (indices: readonly number[]) => indices.map((index) => renamed.get(index)!);
  return {
    ...graph,
    tensors: kept.map((tensor, index) => ({ ...tensor, index })),
    operators: graph.operators.map((operator, index) => ({
      ...operator,
      index,
      inputs: rename(operator.inputs),
      outputs: rename(operator.outputs),
    })),
    inputs: rename(graph.inputs),
    outputs: rename(graph.outputs),
  };
}

/** A depthwise 1x1 convolution behind a convolution without activation: both its weights and bias are per channel. */
export function foldScale(first: Operator, second: Operator, tensors: Tensor[]): Operator | undefined {
  if (second.op !== 'DEPTHWISE_CONV_2D' || second.depthMultiplier !== 1) return undefined;
  if (first.op !== 'CONV_2D' && first.op !== 'DEPTHWISE_CONV_2D') return undefined;
  const scale = tensors[second.inputs[1]];
  const isScale = scale.shape[1] * scale.shape[2] * second.strideH * second.strideW === 1;
  if (!isScale || first.activation !== 'none') return undefined;
  const [factors, shifts] = [scale.data!, tensors[second.inputs[2]].data!];
  const weights = tensors[first.inputs[1]];
  const bias = tensors[first.inputs[2]];
  const channels = factors.length;
  // Filters are OHWI: the channel changes slowest. Depthwise filters are 1HWO: it changes fastest.
  const perChannel = weights.data!.length / channels;
  const channelOf = (i: number) => (first.op === 'CONV_2D' ? Math.floor(i / perChannel) : i % channels);
  const add = (tensor: Tensor, value: (x: number, i: number) => number) =>
    tensors.push({ ...tensor, index: tensors.length, data: (tensor.data as Float32Array).map(value) }) - 1;
  const inputs = [
    first.inputs[0],
    add(weights, (w, i) => w * factors[channelOf(i)]),
    add(bias, (b, c) => b * factors[c] + shifts[c]),
  ];
  return { ...first, inputs, outputs: second.outputs, activation: second.activation };
}

/** A constant added behind a layer with weights: one value for each channel, or one for all. */
export function foldConstant(first: Operator, second: Operator, tensors: Tensor[]): Operator | undefined {
  if (second.op !== 'ADD' || !isWeighted(first) || first.activation !== 'none') return undefined;
  const added = tensors[second.inputs[1]].data;
  const bias = tensors[first.inputs[2]];
  const channels = bias.data!.length;
  if (!added || (added.length !== 1 && added.length !== channels)) return undefined;
  const data = (bias.data as Float32Array).map((value, c) => value + added[added.length === 1 ? 0 : c]);
  const index = tensors.push({ ...bias, index: tensors.length, data }) - 1;
  return { ...first, inputs: [first.inputs[0], first.inputs[1], index], outputs: second.outputs };
}

const FUSED: Partial<Record<Operator['op'], Activation>> = { RELU: 'relu', RELU6: 'relu6' };

/** RELU or RELU6 behind a layer with weights, or a sum. */
export function fuseActivation(first: Operator, second: Operator): Operator | undefined {
  const activation = FUSED[second.op];
  if (!activation) return undefined;
  if ((!isWeighted(first) && first.op !== 'ADD') || first.activation !== 'none') return undefined;
  return { ...first, activation, outputs: second.outputs };
}

/** A PAD before a convolution without padding, where SAME would add the same pixels. */
export function absorbPadding(first: Operator, second: Operator, tensors: Tensor[]): Operator | undefined {
  if (first.op !== 'PAD') return undefined;
  if ((second.op !== 'CONV_2D' && second.op !== 'DEPTHWISE_CONV_2D') || second.padding !== 'valid') return undefined;
  const { shape } = tensors[first.inputs[0]];
  const filter = tensors[second.inputs[1]].shape;
  const pads = tensors[first.inputs[1]].data!;
  const fits = (axis: 1 | 2, stride: number) => {
    const { output, before } = windowGeometry(shape[axis], filter[axis], stride, 'same');
    const total = Math.max(0, (output - 1) * stride + filter[axis] - shape[axis]);
    return pads[2 * axis] === before && pads[2 * axis + 1] === total - before;
  };
  if (!fits(1, second.strideH) || !fits(2, second.strideW)) return undefined;
  const merged: OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D'> = { ...second, padding: 'same' };
  return { ...merged, inputs: [first.inputs[0], ...second.inputs.slice(1)] };
}

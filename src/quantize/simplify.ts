/**
 * Passes over a float graph that leave what it computes as it is: a per-channel factor and shift (batch normalisation)
 * goes into the weights before it, as a constant that is added does, an activation into the operator before it, a padding into
 * the SAME padding behind it.
 */
import type { Activation, Dilation, Graph, Operator, Tensor, WeightedOperator } from '../graph/graph.js';
import { ACTIVATION_BOUNDS } from '../graph/graph.js';
import { inputChannel, isDepthwise, outputChannel } from '../graph/weighted.js';
import { extents, windowGeometry } from '../graph/window.js';
import { place } from '../operators/definition.js';
import { definitionOf, filterOf, isWeighted } from '../operators/index.js';
import { isSameMap } from './own-scales.js';

/** One operator in place of `first` and `second`, which alone reads the output of `first`; or undefined. */
type Merge = (first: Operator, second: Operator, tensors: Tensor[]) => Operator | undefined;

export function simplify(graph: Graph): Graph {
  const folded = moveBehindPads(mergePairs(graph, foldScale));
  return [foldScaleForward, joinActivations, absorbPadding, fuseActivation].reduce(mergePairs, folded);
}

/** Tries `merge` on each pair of neighbours, first to last; what was merged may merge again. */
export function mergePairs(graph: Graph, merge: Merge): Graph {
  const tensors = [...graph.tensors];
  const operators: Operator[] = [];
  const readers = countReaders(graph);
  /** Position in `operators` of the writer of a tensor. */
  const writer = new Map<number, number>();
  for (const operator of graph.operators) {
    const position = readers.get(operator.inputs[0]) === 1 ? writer.get(operator.inputs[0]) : undefined;
    const merged =
      position === undefined || isRounded(operators[position], operator, tensors)
        ? undefined
        : merge(operators[position], operator, tensors);
    if (position !== undefined && merged) operators[position] = merged;
    else operators.push(operator);
    const at = position !== undefined && merged ? position : operators.length - 1;
    for (const output of operator.outputs) writer.set(output, at);
  }
  return compact({ ...graph, tensors, operators });
}

/** Whether the values between two operators are rounded to a scale of their own, so that one operator would give others. */
function isRounded(first: Operator, second: Operator, tensors: readonly Tensor[]): boolean {
  const between = tensors[first.outputs[0]].quantization;
  if (!between) return false;
  if (definitionOf(first).zeroPadding) return !isSameMap(tensors[first.inputs[0]].quantization ?? between, between);
  return !activationOf(second) || !isSameMap(between, tensors[second.outputs[0]].quantization);
}

/** How often each tensor is read, as an output of the graph too. */
function countReaders(graph: Graph): Map<number, number> {
  const readers = new Map<number, number>();
  for (const index of [...graph.operators.flatMap(({ inputs }) => inputs), ...graph.outputs]) {
    readers.set(index, (readers.get(index) ?? 0) + 1);
  }
  return readers;
}

/** Without the tensors that nothing uses; indices counted anew. */
function compact(graph: Graph): Graph {
  const used = new Set([...graph.inputs, ...graph.outputs]);
  for (const { inputs, outputs } of graph.operators) for (const index of [...inputs, ...outputs]) used.add(index);
  const kept = graph.tensors.filter(({ index }) => used.has(index));
  const renamed = new Map(kept.map(({ index }, i) => [index, i]));
  const rename = (indices: readonly number[]) => indices.map((index) => (index < 0 ? index : renamed.get(index)!));
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

/** Factor and shift of each channel, where that is all that an operator does. */
export function scaleOf(operator: Operator, tensors: readonly Tensor[]) {
  if (!isDepthwise(operator) || operator.depthMultiplier !== 1) return undefined;
  const { shape, data } = tensors[operator.inputs[1]];
  if (shape[1] * shape[2] * operator.strideH * operator.strideW !== 1) return undefined;
  return { factors: data as Float32Array, shifts: tensors[operator.inputs[2]].data as Float32Array };
}

/** `operator` with other weights, which no integers of the file stand for, and another bias. */
function reweigh(operator: WeightedOperator, tensors: Tensor[], weights: Float32Array, bias: Float32Array): Operator {
  const add = (index: number, data: Float32Array) =>
    tensors.push({ ...tensors[index], index: tensors.length, data, quantization: undefined }) - 1;
  const [input, ...constants] = operator.inputs;
  return { ...operator, inputs: [input, add(constants[0], weights), add(constants[1], bias), ...constants.slice(2)] };
}

/** A scale behind a layer without activation: weights and bias of its outputs take it. */
export function foldScale(first: Operator, second: Operator, tensors: Tensor[]): Operator | undefined {
  const scale = scaleOf(second, tensors);
  if (!scale || !isWeighted(first) || first.activation !== 'none') return undefined;
  const { factors, shifts } = scale;
  const channelOf = outputChannel({ tensors }, first);
  const weights = tensors[first.inputs[1]].data as Float32Array;
  const bias = tensors[first.inputs[2]].data as Float32Array;
  const folded = reweigh(
    first,
    tensors,
    weights.map((w, i) => w * factors[channelOf(i)]),
    bias.map((b, c) => b * factors[c] + shifts[c]),
  );
  return { ...folded, outputs: second.outputs, activation: (second as typeof first).activation } as Operator;
}

/** A scale in front of a layer: its weights take the factors, its bias the sum of the shifts, unless padding has no shift. */
export function foldScaleForward(first: Operator, second: Operator, tensors: Tensor[]): Operator | undefined {
  const scale = scaleOf(first, tensors);
  if (!scale || !isWeighted(second) || (first as WeightedOperator).activation !== 'none') return undefined;
  const { factors, shifts } = scale;
  // Outputs that meet parts of the filter only would get parts of the shifts.
  if (filterOf(second).isPartial?.(place({ tensors }, second)) && shifts.some((shift) => shift !== 0)) return undefined;
  const [inputOf, outputOf] = [inputChannel({ tensors }, second), outputChannel({ tensors }, second)];
  const weights = tensors[second.inputs[1]].data as Float32Array;
  const sums = Float64Array.from(tensors[second.inputs[2]].data!);
  weights.forEach((w, i) => {
    sums[outputOf(i)] += w * shifts[inputOf(i)];
  });
  const folded = reweigh(
    second,
    tensors,
    weights.map((w, i) => w * factors[inputOf(i)]),
    Float32Array.from(sums),
  );
  return { ...folded, inputs: [first.inputs[0], ...folded.inputs.slice(1)] };
}

/** A scale without shifts in front of a padding that alone reads it: behind it, where it can be folded into the layer. */
export function moveBehindPads(graph: Graph): Graph {
  const tensors = [...graph.tensors];
  const operators = [...graph.operators];
  const readers = countReaders(graph);
  const writer = new Map(
    operators.flatMap(({ outputs }, position) => outputs.map((output) => [output, position] as const)),
  );
  operators.forEach((pad, at) => {
    const before = definitionOf(pad).zeroPadding ? writer.get(pad.inputs[0]) : undefined;
    if (before === undefined) return;
    const scale = operators[before];
    const values = scaleOf(scale, tensors);
    if (!values || (scale as WeightedOperator).activation !== 'none') return;
    if (tensors[pad.inputs[0]].quantization || tensors[pad.outputs[0]].quantization) return;
    if (readers.get(pad.inputs[0]) !== 1 || values.shifts.some((shift) => shift !== 0)) return;
    const padded = { ...tensors[pad.outputs[0]], index: tensors.length };
    tensors.push(padded);
    operators[before] = { ...pad, inputs: [scale.inputs[0], ...pad.inputs.slice(1)], outputs: [padded.index] };
    operators[at] = { ...scale, inputs: [padded.index, ...scale.inputs.slice(1)], outputs: pad.outputs };
  });
  return { ...graph, tensors, operators };
}

/** Bounds behind other bounds, where one of the two operators alone makes the same of all values. */
export function joinActivations(first: Operator, second: Operator): Operator | undefined {
  const [inner, outer] = [definitionOf(first).bounds, definitionOf(second).bounds];
  if (!inner || !outer) return undefined;
  const isWithin = (a: typeof inner, b: typeof inner) => a[0] >= b[0] && a[1] <= b[1];
  const tighter = isWithin(outer, inner) ? second : isWithin(inner, outer) ? first : undefined;
  return tighter && { ...tighter, inputs: first.inputs, outputs: second.outputs };
}

/** The activation that has the bounds of an operator. */
function activationOf(operator: Operator): Activation | undefined {
  const { bounds } = definitionOf(operator);
  return bounds && ACTIVATIONS.find((each) => String(ACTIVATION_BOUNDS[each]) === String(bounds));
}

const ACTIVATIONS = Object.keys(ACTIVATION_BOUNDS) as Activation[];

/** Bounds behind a layer with weights, or another operator that takes them as its activation. */
export function fuseActivation(first: Operator, second: Operator): Operator | undefined {
  const activation = activationOf(second);
  if (!activation || !definitionOf(first).hasActivation) return undefined;
  if (!('activation' in first) || first.activation !== 'none') return undefined;
  return { ...first, activation, outputs: second.outputs };
}

/** A padding before a convolution without padding, where SAME would add the same pixels. */
export function absorbPadding(first: Operator, second: Operator, tensors: Tensor[]): Operator | undefined {
  const pads = definitionOf(first).zeroPadding?.(place({ tensors }, first));
  if (!pads || !isWeighted(second) || !('padding' in second)) return undefined;
  if (!definitionOf(second).takesPadding?.(second)) return undefined;
  const { shape } = tensors[first.inputs[0]];
  const window = extents(tensors[second.inputs[1]].shape.slice(1, 3), second as Dilation);
  const fits = (axis: 1 | 2, stride: number, stated: readonly number[]) => {
    const { output, before } = windowGeometry(shape[axis], window[axis - 1], stride, 'same');
    const total = Math.max(0, (output - 1) * stride + window[axis - 1] - shape[axis]);
    return stated[0] === before && stated[1] === total - before;
  };
  const { top, bottom, left, right } = pads;
  if (!fits(1, second.strideH, [top, bottom]) || !fits(2, second.strideW, [left, right])) return undefined;
  return { ...second, padding: 'same', inputs: [first.inputs[0], ...second.inputs.slice(1)] };
}

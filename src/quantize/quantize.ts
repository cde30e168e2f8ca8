/**
 * Post-training quantisation: a float32 graph and the ranges of its tensors give an int8 graph, as TFLite specifies it
 * (https://ai.google.dev/edge/litert/models/quantization_spec): int8 activations with one scale and zero point, int8
 * weights symmetric per output channel, int32 biases. Tensors that bring their scales along keep them.
 */
import { validateGraph } from '../analysis/validate.js';
import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, Quantization, Tensor, WeightedOperator } from '../graph/graph.js';
import { where } from '../graph/graph.js';
import { filterAxis, outputChannel } from '../graph/weighted.js';
import { place } from '../operators/definition.js';
import { definitionOf, filterOf, isWeighted } from '../operators/index.js';
import { type Affine, affine, type Range } from './affine.js';
import { copiedInputs, ownMap, ownWeights } from './own-scales.js';
import { unsigned } from './unsigned.js';
import { quantizeBias, quantizeWeights } from './weights.js';

/**
 * The int8 graph, or uint8 where the model's own weights have a zero point that int8 has no room for; same tensors and
 * operators, same order. `inputs` fixes the map of each graph input that brings none along.
 */
export function quantizeGraph(graph: Graph, ranges: readonly Range[], inputs: readonly Affine[]): Graph {
  const maps = activationMaps(graph, ranges, inputs);
  const tensors = [...graph.tensors];
  /** Weights and biases are quantised for their reader: a shared one gets a tensor for each. */
  const owned = new Set<number>();
  const own = (index: number, change: Pick<Tensor, 'dtype' | 'data' | 'quantization'>) => {
    const at = owned.has(index) ? tensors.length : index;
    owned.add(index);
    tensors[at] = { ...graph.tensors[index], ...change, index: at };
    return at;
  };
  const operators = graph.operators.map((operator): Operator => {
    if (!isWeighted(operator)) return { ...operator, inputs: withOperands(graph, operator, maps, own) };
    const input = maps.get(operator.inputs[0]);
    if (!input) throw new DepthwiseError('MODEL_INVALID', `${where(operator)}: its input is no activation.`);
    const { weights, bias, scale, zeroPoint } = quantizeLayer(graph, operator, input.scale);
    const axis = filterAxis(operator);
    const biasScale = scale.map((value) => Math.fround(value * input.scale));
    return {
      ...operator,
      inputs: [
        operator.inputs[0],
        own(operator.inputs[1], { dtype: 'int8', data: weights, quantization: quantization(scale, axis, zeroPoint) }),
        own(operator.inputs[2], { dtype: 'int32', data: bias, quantization: quantization(biasScale, 0) }),
        ...operator.inputs.slice(3),
      ],
    };
  });
  for (const [index, { scale, zeroPoint }] of maps) {
    tensors[index] = { ...graph.tensors[index], dtype: 'int8', quantization: quantization([scale], 0, zeroPoint) };
  }
  return validateGraph(unsigned({ ...graph, tensors, operators }));
}

/** Constants that stand in place of activations: in the map of the output that must share theirs, else in one of their own. */
function withOperands(
  { tensors }: Graph,
  operator: Operator,
  maps: ReadonlyMap<number, Affine>,
  own: (index: number, change: Pick<Tensor, 'dtype' | 'data' | 'quantization'>) => number,
): number[] {
  const { constantActivations, activations = 1, sameMap } = definitionOf(operator);
  return operator.inputs.map((index, position) => {
    const { data, quantization: given } = tensors[index] ?? {};
    if (!constantActivations || position >= activations || !data) return index;
    const values = data as Float32Array;
    const shared = sameMap ? maps.get(operator.outputs[0]) : undefined;
    const brought = given && { scale: given.scale[0], zeroPoint: given.zeroPoint[0] };
    const [low, high] = [Math.min, Math.max].map((most) => values.reduce((a, b) => most(a, b), 0));
    const { scale, zeroPoint } = shared ?? brought ?? affine({ low, high });
    const bytes = Int8Array.from(values, (value) =>
      Math.max(-128, Math.min(127, Math.round(value / scale) + zeroPoint)),
    );
    return own(index, { dtype: 'int8', data: bytes, quantization: quantization([scale], 0, zeroPoint) });
  });
}

/** `zeroPoint` is another one than 0 only for weights that bring it along. */
function quantizeLayer(graph: Graph, operator: WeightedOperator, inputScale: number) {
  const [weights, bias] = [graph.tensors[operator.inputs[1]], graph.tensors[operator.inputs[2]]];
  const channelOf = outputChannel(graph, operator);
  const given = ownWeights(operator, weights, channelOf);
  if (given) return { ...given, bias: quantizeBias(bias.data as Float32Array, given.scale, inputScale) };
  const quantized = quantizeWeights(
    weights.data as Float32Array,
    bias.data as Float32Array,
    channelOf,
    inputScale,
    !filterOf(operator).hasOneScale,
  );
  return { ...quantized, zeroPoint: 0 };
}

/** The map of every activation. Tensors that share one have that of an input or of probabilities, or hold all their values. */
export function activationMaps(graph: Graph, ranges: readonly Range[], inputs: readonly Affine[]): Map<number, Affine> {
  const groups = new Map<number, number[]>();
  for (const index of graph.inputs) groups.set(index, [index]);
  for (const operator of graph.operators) {
    for (const output of operator.outputs) groups.set(output, [output]);
    const sources = copiedInputs(operator);
    if (sources.length === 0) continue;
    const joined = [...new Set([...operator.outputs, ...sources].flatMap((index) => groups.get(index) ?? []))];
    for (const index of joined) groups.set(index, joined);
  }
  const fixed = new Map<number, Affine>(graph.inputs.map((index, i) => [index, inputs[i]]));
  for (const operator of graph.operators) {
    const { outputMap } = definitionOf(operator);
    if (outputMap) for (const output of operator.outputs) fixed.set(output, outputMap);
  }
  for (const tensor of graph.tensors) {
    const own = ownMap(tensor);
    if (own) fixed.set(tensor.index, own);
  }
  const clipped = clippedInputs(graph);
  const maps = new Map<number, Affine>();
  for (const [index, group] of groups) {
    const given = group.find((member) => fixed.has(member));
    const seen = group.filter((member) => !clipped.has(member));
    const low = Math.min(...seen.map((member) => ranges[member].low));
    const high = Math.max(...seen.map((member) => ranges[member].high));
    maps.set(index, fixed.get(index) ?? (given === undefined ? affine({ low, high }) : fixed.get(given)!));
  }
  return maps;
}

/** Tensors that are read by nothing but an operator that clips them: what it clips needs no room. */
function clippedInputs(graph: Graph): Set<number> {
  const readers = graph.operators.flatMap(({ inputs }) => inputs).concat(graph.outputs);
  const isAlone = (index: number) => readers.indexOf(index) === readers.lastIndexOf(index);
  const clipping = graph.operators.filter((operator) => definitionOf(operator).clips?.(place(graph, operator)));
  return new Set(clipping.map(({ inputs }) => inputs[0]).filter(isAlone));
}

function quantization(scale: readonly number[], axis: number, zeroPoint = 0): Quantization {
  return { scale, zeroPoint: scale.map(() => zeroPoint), axis };
}

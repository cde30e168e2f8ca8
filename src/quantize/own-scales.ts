/**
 * Tensors of a float graph that bring the scale and zero point of their int8 values along, from a file that was quantised
 * by whoever made it (QDQ): nothing of them is left to calibrate.
 */
import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, Quantization, Tensor } from '../graph/graph.js';
import { where } from '../graph/graph.js';
import { definitionOf, isWeighted } from '../operators/index.js';
import type { Affine } from './affine.js';

/** The inputs that have the map of the operator's outputs. */
export function copiedInputs(operator: Operator): readonly number[] {
  const { sameMap, activations = 1 } = definitionOf(operator);
  return sameMap ? operator.inputs.slice(0, activations) : [];
}

export function isSameMap(a: Quantization | undefined, b: Quantization | undefined): boolean {
  return a !== undefined && a.scale[0] === b?.scale[0] && a.zeroPoint[0] === b.zeroPoint[0];
}

/** The map that an activation brings along. */
export function ownMap({ data, quantization }: Tensor): Affine | undefined {
  return data || !quantization ? undefined : { scale: quantization.scale[0], zeroPoint: quantization.zeroPoint[0] };
}

/**
 * The graph with a QUANTIZE wherever an operator that only copies has another scale of its own behind it than in front of
 * it, and behind those whose output the kernels give one scale. Graphs without scales of their own stay as they are.
 */
export function withRescaling(graph: Graph): Graph {
  if (graph.tensors.every((tensor) => !ownMap(tensor))) return graph;
  const tensors = [...graph.tensors];
  const operators: Operator[] = [];
  const read = new Set(graph.operators.flatMap(({ inputs }) => inputs));
  const map = (index: number) => tensors[index].quantization;
  const give = (index: number, quantization: Quantization | undefined) => {
    tensors[index] = { ...tensors[index], quantization };
  };
  const isConstant = (index: number) => tensors[index].data !== undefined;
  const copyOf = (index: number, quantization: Quantization) =>
    tensors.push({ ...tensors[index], index: tensors.length, quantization }) - 1;
  const push = (operator: Omit<Operator, 'index'>) =>
    operators.push({ ...operator, index: operators.length } as Operator);
  /** `operator` with an output of its own, which a QUANTIZE turns into the one that it had. */
  const rescaleBehind = (operator: Operator, quantization: Quantization) => {
    const own = copyOf(operator.outputs[0], quantization);
    push({ ...operator, outputs: [own] });
    push({ op: 'QUANTIZE', inputs: [own], outputs: operator.outputs });
  };
  for (const operator of graph.operators) {
    const [output] = operator.outputs;
    const sources = copiedInputs(operator);
    const { outputMap } = definitionOf(operator);
    if (outputMap) {
      const quantization = { scale: [outputMap.scale], zeroPoint: [outputMap.zeroPoint], axis: 0 };
      const isOther = map(output) !== undefined && !isSameMap(quantization, map(output));
      if (isOther && read.has(output)) rescaleBehind(operator, quantization);
      else {
        give(output, quantization);
        push(operator);
      }
      continue;
    }
    if (sources.length === 0) {
      push(operator);
      continue;
    }
    const known = sources.flatMap((index) => (isConstant(index) ? [] : (map(index) ?? [])));
    const widest = known.reduce((a, b) => (b.scale[0] > a.scale[0] ? b : a), known[0]);
    const target = map(output) ?? widest;
    if (target === undefined) {
      push(operator);
      continue;
    }
    for (const index of sources) if (!map(index) && !isConstant(index)) give(index, target);
    if (sources.length === 1 && !isSameMap(map(sources[0]), target)) {
      rescaleBehind(operator, map(sources[0])!);
      continue;
    }
    const inputs = operator.inputs.map((index, position) => {
      if (position >= sources.length || isConstant(index) || isSameMap(map(index), target)) return index;
      const rescaled = copyOf(index, target);
      push({ op: 'QUANTIZE', inputs: [index], outputs: [rescaled] });
      return rescaled;
    });
    give(output, target);
    push({ ...operator, inputs });
  }
  return { ...graph, tensors, operators };
}

/** Whether all activations bring their map along. */
export function isScaled(graph: Graph): boolean {
  const activations = [...graph.inputs, ...graph.operators.flatMap(({ outputs }) => outputs)];
  return activations.every((index) => ownMap(graph.tensors[index]));
}

/** int8 values of weights that bring theirs along, and whether all of them have the zero point 0. */
export interface OwnWeights {
  weights: Int8Array;
  scale: readonly number[];
  /** One zero point for all scales; 0 where there are several scales. */
  zeroPoint: number;
}

/**
 * The int8 weights of a layer, by the position of a weight its channel: undefined where it brings none along. A zero point
 * is taken off where what is left fits int8. Throws MODEL_UNSUPPORTED where several scales have zero points that do not go.
 */
export function ownWeights(
  operator: Operator,
  { name, index, data, quantization }: Tensor,
  channelOf: (position: number) => number,
): OwnWeights | undefined {
  if (!isWeighted(operator) || !quantization) return undefined;
  const { scale, zeroPoint } = quantization;
  const at = (position: number) => (scale.length > 1 ? channelOf(position) : 0);
  const values = Array.from(data as Float32Array, (value, i) => Math.round(value / scale[at(i)]));
  const fits = values.every((value) => value >= -128 && value <= 127);
  if (fits) return { weights: Int8Array.from(values), scale, zeroPoint: 0 };
  if (scale.length === 1) {
    return { weights: Int8Array.from(values, (value) => value + zeroPoint[0]), scale, zeroPoint: zeroPoint[0] };
  }
  throw new DepthwiseError(
    'MODEL_UNSUPPORTED',
    `${where(operator)}, tensor ${index} "${name}": ${scale.length} scales with zero points; supported: one scale and zero ` +
      'point, or scales by channel without zero points. Quantise the weights symmetrically (int8).',
  );
}

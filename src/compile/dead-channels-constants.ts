/**
 * Which channels hold one and the same byte in every pixel, whatever the input: forward through the graph, with the
 * arithmetic of the reference kernels.
 */

import type { Graph, Operator, WeightedOperator } from '../graph/graph.js';
import { channelsOf } from '../graph/graph.js';
import { multiplyByQuantizedMultiplier, type Rounding } from '../kernels/reference/fixedpoint.js';
import { type Arrival, place } from '../operators/definition.js';
import { definitionOf, filterOf, isWeighted } from '../operators/index.js';
import { type Layer, linksOf } from './dead-channels-layers.js';

/** Constants by tensor and channel: the byte, in the tensor's own dtype, or undefined where it depends on the input. */
export type Constants = readonly (readonly (number | undefined)[])[];

export function constantChannels(graph: Graph, layers: ReadonlyMap<Operator, Layer>, rounding: Rounding): Constants {
  const constants: (readonly (number | undefined)[])[] = graph.tensors.map(() => []);
  for (const operator of graph.operators) {
    const inputs = operator.inputs.map((index) => constants[index] ?? []);
    if (isWeighted(operator)) {
      constants[operator.outputs[0]] = ofLayer(graph, operator, layers.get(operator)!, inputs[0], rounding);
    } else {
      const found = ofOther(graph, operator, inputs, rounding);
      for (const [i, output] of operator.outputs.entries()) constants[output] = found[i] ?? [];
    }
  }
  return constants;
}

/** Outputs whose weights are all zero, or meet nothing but constants that no border disturbs. */
function ofLayer(
  graph: Graph,
  operator: WeightedOperator,
  layer: Layer,
  input: readonly (number | undefined)[],
  rounding: Rounding,
): (number | undefined)[] {
  const p = filterOf(operator).factors(graph, operator);
  return Array.from({ length: layer.outputs }, (_, o) => {
    const acc = constantSum(layer, o, input);
    if (acc === undefined) return undefined;
    const scaled = multiplyByQuantizedMultiplier(acc, p.multiplier[o], p.shift[o], rounding);
    return Math.min(p.clampHigh, Math.max(p.clampLow, scaled + p.outputZeroPoint));
  });
}

/** The accumulator of output o, wrapped to 32 bits as all sums are. */
function constantSum(layer: Layer, o: number, input: readonly (number | undefined)[]): number | undefined {
  let acc = layer.bias(o);
  const row = layer.row(o);
  for (let i = 0; i < row.length; i++) {
    if (row[i] === 0) continue;
    const value = input[layer.channel(o, i)];
    if (value === undefined || !folds(layer, value)) return undefined;
    acc += (value - layer.inputZeroPoint) * row[i];
  }
  return acc | 0;
}

/** Whether a constant adds the same to every sum: at a padded border the zero point stands in its place. */
export const folds = (layer: Layer, value: number): boolean => !layer.padded || value === layer.inputZeroPoint;

/** Constant channels by output: those into which nothing but constants go. */
function ofOther(
  graph: Graph,
  operator: Operator,
  inputs: readonly (readonly (number | undefined)[])[],
  rounding: Rounding,
): (number | undefined)[][] {
  const links = linksOf(graph, operator);
  if (!links?.some(({ input, from }) => inputs[input][from] !== undefined)) return [];
  const placed = place(graph, operator);
  const constantOf = definitionOf(operator).constants?.(placed, rounding);
  if (!constantOf) return [];
  const arriving = placed.outputs.map((output) => Array.from({ length: channelsOf(output) }, () => [] as Arrival[]));
  for (const { input, from, output = 0, to } of links) arriving[output][to].push({ input, value: inputs[input][from] });
  return arriving.map((channels) => channels.map((all) => (all.every(isConstant) ? constantOf(all) : undefined)));
}

const isConstant = (arrival: Arrival): arrival is Arrival<number> => arrival.value !== undefined;

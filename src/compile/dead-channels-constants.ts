/**
 * Which channels hold one and the same byte in every pixel, whatever the input: forward through the graph, with the
 * arithmetic of the reference kernels.
 */

import type { Graph, Operator } from '../graph/graph.js';
import { unreachable } from '../graph/refusal.js';
import { add } from '../kernels/reference/add.js';
import { multiplyByQuantizedMultiplier, type Rounding } from '../kernels/reference/fixedpoint.js';
import { mean } from '../kernels/reference/mean.js';
import {
  activationClamp,
  addParameters,
  convParameters,
  fullyConnectedParameters,
  meanParameters,
  padParameters,
} from '../kernels/reference/prepare.js';
import { concatenationTable, logisticTable, quantizeTable, reluTable } from '../kernels/reference/tables.js';
import { channelsOf, isWeighted, type Layer, linksOf, type WeightedOperator } from './dead-channels-layers.js';

/** By tensor and channel: the byte, in the tensor's own dtype, or undefined where it depends on the input. */
export type Constants = readonly (readonly (number | undefined)[])[];

export function constantChannels(graph: Graph, layers: ReadonlyMap<Operator, Layer>, rounding: Rounding): Constants {
  const constants: (readonly (number | undefined)[])[] = graph.tensors.map(() => []);
  for (const operator of graph.operators) {
    const inputs = operator.inputs.map((index) => constants[index] ?? []);
    constants[operator.outputs[0]] = isWeighted(operator)
      ? ofLayer(graph, operator, layers.get(operator)!, inputs[0], rounding)
      : ofOther(graph, operator, inputs, rounding);
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
  const p =
    operator.op === 'FULLY_CONNECTED' ? fullyConnectedParameters(graph, operator) : convParameters(graph, operator);
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

/** Channels that all links into them agree on. */
function ofOther(
  graph: Graph,
  operator: Operator,
  inputs: readonly (readonly (number | undefined)[])[],
  rounding: Rounding,
): (number | undefined)[] {
  const links = linksOf(graph, operator);
  if (!links?.some(({ input, from }) => inputs[input][from] !== undefined)) return [];
  const arriving = Array.from({ length: channelsOf(graph.tensors[operator.outputs[0]]) }, () => [] as Arrival[]);
  for (const { input, from, to } of links) arriving[to].push({ input, value: inputs[input][from] });
  const evaluate = evaluator(graph, operator, rounding);
  return arriving.map((all) => (all.every(isConstant) ? evaluate(all) : undefined));
}

interface Arrival<T = number | undefined> {
  /** Number of the input. */
  input: number;
  value: T;
}

const isConstant = (arrival: Arrival): arrival is Arrival<number> => arrival.value !== undefined;

/** What an operator makes of constants. */
function evaluator(
  graph: Graph,
  operator: Operator,
  rounding: Rounding,
): (arrivals: readonly Arrival<number>[]) => number | undefined {
  const output = graph.tensors[operator.outputs[0]];
  const input = graph.tensors[operator.inputs[0]];
  const bytes = (...values: number[]) => (output.dtype === 'int8' ? Int8Array.of(...values) : Uint8Array.of(...values));
  const lookup = (table: Uint8Array, value: number) => bytes(table[value & 255])[0];
  const byTable =
    (table: Uint8Array) =>
    ([{ value }]: readonly Arrival<number>[]) =>
      lookup(table, value);
  switch (operator.op) {
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D': {
      // Pixels outside the input do not count, and n times a value, half of n added, over n is the value.
      const { clampLow, clampHigh } = activationClamp(output, operator.activation);
      return ([{ value }]) => Math.min(clampHigh, Math.max(clampLow, value));
    }
    case 'MEAN': {
      const p = { ...meanParameters(graph, operator), channels: 1 };
      return ([{ value }]) => {
        const result = bytes(0);
        mean(bytes(...Array.from({ length: p.height * p.width }, () => value)), result, p, rounding);
        return result[0];
      };
    }
    case 'ADD': {
      const p = addParameters(graph, operator);
      return ([a, b]) => {
        const result = bytes(0);
        add(bytes(a.value), bytes(b.value), result, p, rounding);
        return result[0];
      };
    }
    case 'PAD': {
      const p = padParameters(graph, operator);
      const grows = p.outputHeight !== p.inputHeight || p.outputWidth !== p.inputWidth;
      return ([{ value }]) => (grows && value !== p.value ? undefined : value);
    }
    case 'CONCATENATION': {
      const tables = operator.inputs.map((index) => concatenationTable(graph.tensors[index], output, rounding));
      return (all) => common(all.map(({ input, value }) => lookup(tables[input], value)));
    }
    case 'RESHAPE':
    case 'SQUEEZE':
      return (all) => common(all.map(({ value }) => value));
    case 'LOGISTIC':
      return byTable(logisticTable(graph, operator, rounding));
    case 'RELU':
    case 'RELU6':
      return byTable(reluTable(graph, operator, rounding));
    case 'QUANTIZE':
      return byTable(quantizeTable(input, output, rounding));
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D':
    case 'FULLY_CONNECTED':
    case 'SOFTMAX':
    case 'DEQUANTIZE':
      return () => undefined;
    default:
      return unreachable(operator);
  }
}

const common = ([first, ...others]: readonly number[]): number | undefined =>
  others.every((value) => value === first) ? first : undefined;

/** Cost of operators, counted as in the MobileNet paper (arXiv 1704.04861): padded windows whole. */

import type { Graph, Operator } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { place } from '../operators/definition.js';
import { definitionOf } from '../operators/index.js';

export interface Cost {
  /** Multiply-accumulates of convolutions and fully connected layers; 0 for everything else. */
  macs: number;
  /** Elements of filters and biases. */
  params: number;
  /** Bytes of the 8-bit filters. */
  weightBytes: number;
}

const macs = (graph: Graph, operator: Operator): number => definitionOf(operator).macs?.(place(graph, operator)) ?? 0;

/** Filter and bias tensors of an operator; empty for operators without weights. */
export const weightTensors = (operator: Operator): readonly number[] =>
  definitionOf(operator).parameters?.(operator) ?? [];

function weightCost(graph: Graph, weights: Iterable<number>): { params: number; weightBytes: number } {
  let params = 0;
  let weightBytes = 0;
  for (const index of weights) {
    const { shape, dtype } = graph.tensors[index];
    params += elements(shape);
    if (dtype === 'int8' || dtype === 'uint8') weightBytes += elements(shape);
  }
  return { params, weightBytes };
}

/** Cost of one operator. */
export function operatorCost(graph: Graph, operator: Operator): Cost {
  return { macs: macs(graph, operator), ...weightCost(graph, weightTensors(operator)) };
}

/** Cost of all operators. A tensor that several operators share is counted once in `params` and `weightBytes`. */
export function graphCost(graph: Graph): Cost {
  const weights = new Set(graph.operators.flatMap(weightTensors));
  const total = graph.operators.reduce((sum, operator) => sum + macs(graph, operator), 0);
  return { macs: total, ...weightCost(graph, weights) };
}

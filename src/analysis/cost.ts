/** Cost of operators, counted as in the MobileNet paper (arXiv 1704.04861): padded windows whole. */

import type { Graph, Operator } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { unreachable } from '../graph/refusal.js';

export interface Cost {
  /** Multiply-accumulates of convolutions and fully connected layers; 0 for everything else. */
  macs: number;
  /** Elements of filters and biases. */
  params: number;
  /** Bytes of the 8-bit filters. */
  weightBytes: number;
}

function macs(graph: Graph, operator: Operator): number {
  const output = graph.tensors[operator.outputs[0]].shape;
  switch (operator.op) {
    case 'CONV_2D': {
      const [, kernelH, kernelW, channels] = graph.tensors[operator.inputs[1]].shape;
      return elements(output) * kernelH * kernelW * channels;
    }
    case 'DEPTHWISE_CONV_2D': {
      const [, kernelH, kernelW] = graph.tensors[operator.inputs[1]].shape;
      return elements(output) * kernelH * kernelW;
    }
    case 'FULLY_CONNECTED':
      return elements(output) * graph.tensors[operator.inputs[1]].shape[1];
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
    case 'MEAN':
    case 'PAD':
    case 'CONCATENATION':
    case 'RESHAPE':
    case 'SQUEEZE':
    case 'ADD':
    case 'SOFTMAX':
    case 'LOGISTIC':
    case 'RELU':
    case 'RELU6':
    case 'QUANTIZE':
    case 'DEQUANTIZE':
      return 0;
    default:
      return unreachable(operator);
  }
}

/** Filter and bias tensors of an operator; empty for operators without weights. */
export function weightTensors(operator: Operator): number[] {
  const weighted = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED'].includes(operator.op);
  return weighted ? operator.inputs.slice(1).filter((index) => index >= 0) : [];
}

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

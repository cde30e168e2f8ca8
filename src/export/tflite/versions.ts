/**
 * Version of each operator in a file, by which an interpreter knows whether it has the kernel: TensorFlow's
 * tensorflow/lite/tools/versioning/op_version.cc, for 8-bit types.
 */

import type { Graph, Operator } from '../../graph/graph.js';
import { unreachable } from '../../graph/refusal.js';
import { keepsDimensions } from './operators.js';

/** The least version whose kernel runs this operator on these types. */
export function operatorVersion(graph: Graph, operator: Operator): number {
  const { dtype } = graph.tensors[operator.inputs[0]];
  const int8 = dtype === 'int8';
  switch (operator.op) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D':
      return int8 ? 3 : 1;
    case 'FULLY_CONNECTED':
      if ((operator.inputs[2] ?? -1) < 0) return 6;
      if (keepsDimensions(graph, operator)) return 5;
      return int8 ? 4 : 1;
    case 'RELU':
      return 2;
    case 'RESHAPE':
    case 'SQUEEZE':
    case 'QUANTIZE':
      return 1;
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
    case 'MEAN':
    case 'ADD':
    case 'PAD':
    case 'CONCATENATION':
    case 'SOFTMAX':
    case 'LOGISTIC':
    case 'RELU6':
    case 'DEQUANTIZE':
      return int8 ? 2 : 1;
    default:
      return unreachable(operator);
  }
}

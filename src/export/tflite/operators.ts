/** The options table of each operator: the other direction of src/import/tflite/operators.ts. */

import type { Builder, Offset } from 'flatbuffers';
import type { Activation, Graph, Operator, Padding } from '../../graph/graph.js';
import { unreachable } from '../../graph/refusal.js';
import { squeezedAxes } from '../../graph/shapes.js';
import {
  ACTIVATIONS,
  ADD_OPTIONS,
  CONCATENATION_OPTIONS,
  CONV_OPTIONS,
  DEPTHWISE_OPTIONS,
  FULLY_CONNECTED_OPTIONS,
  OPTIONS_TYPE,
  PADDINGS,
  POOL_OPTIONS,
  REDUCER_OPTIONS,
  RESHAPE_OPTIONS,
  SOFTMAX_OPTIONS,
  SQUEEZE_OPTIONS,
} from '../../tflite/schema.js';
import { type Field, int32Vector, table } from '../../tflite/write.js';

const activation = (value: Activation): Field => ({ int8: ACTIVATIONS.indexOf(value) });

function window(
  slots: { padding: number; strideH: number; strideW: number },
  operator: { padding: Padding; strideH: number; strideW: number },
): Record<number, Field> {
  return {
    [slots.padding]: { int8: PADDINGS.indexOf(operator.padding) },
    [slots.strideW]: { int32: operator.strideW },
    [slots.strideH]: { int32: operator.strideH },
  };
}

/** Whether a fully connected layer keeps the leading dimensions of its input instead of flattening it. */
export function keepsDimensions(graph: Graph, operator: Operator): boolean {
  return graph.tensors[operator.outputs[0]].shape.length !== 2;
}

/** The operator's options, or undefined for operators that have none. */
export function writeOptions(b: Builder, graph: Graph, operator: Operator): Offset | undefined {
  if (OPTIONS_TYPE[operator.op] === 0) return undefined;
  const shapeOf = (index: number) => graph.tensors[index].shape;
  switch (operator.op) {
    case 'CONV_2D':
      return table(b, {
        ...window(CONV_OPTIONS, operator),
        [CONV_OPTIONS.activation]: activation(operator.activation),
      });
    case 'DEPTHWISE_CONV_2D':
      return table(b, {
        ...window(DEPTHWISE_OPTIONS, operator),
        [DEPTHWISE_OPTIONS.depthMultiplier]: { int32: operator.depthMultiplier },
        [DEPTHWISE_OPTIONS.activation]: activation(operator.activation),
      });
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      return table(b, {
        ...window(POOL_OPTIONS, operator),
        [POOL_OPTIONS.filterW]: { int32: operator.filterW },
        [POOL_OPTIONS.filterH]: { int32: operator.filterH },
        [POOL_OPTIONS.activation]: activation(operator.activation),
      });
    case 'FULLY_CONNECTED':
      return table(b, {
        [FULLY_CONNECTED_OPTIONS.activation]: activation(operator.activation),
        [FULLY_CONNECTED_OPTIONS.keepNumDims]: { int8: keepsDimensions(graph, operator) ? 1 : 0 },
      });
    case 'MEAN':
      return table(b, { [REDUCER_OPTIONS.keepDims]: { int8: operator.keepDims ? 1 : 0 } });
    case 'ADD':
      return table(b, { [ADD_OPTIONS.activation]: activation(operator.activation) });
    case 'CONCATENATION':
      return table(b, {
        [CONCATENATION_OPTIONS.axis]: { int32: operator.axis },
        [CONCATENATION_OPTIONS.activation]: activation(operator.activation),
      });
    case 'SOFTMAX':
      return table(b, { [SOFTMAX_OPTIONS.beta]: { float32: operator.beta } });
    case 'RESHAPE': {
      const newShape = int32Vector(b, shapeOf(operator.outputs[0]));
      return table(b, { [RESHAPE_OPTIONS.newShape]: { offset: newShape } });
    }
    case 'SQUEEZE': {
      const axes = int32Vector(b, squeezedAxes(shapeOf(operator.inputs[0]), shapeOf(operator.outputs[0])) ?? []);
      return table(b, { [SQUEEZE_OPTIONS.squeezeDims]: { offset: axes } });
    }
    case 'PAD':
    case 'LOGISTIC':
    case 'RELU':
    case 'RELU6':
    case 'QUANTIZE':
    case 'DEQUANTIZE':
      return table(b, {});
    default:
      return unreachable(operator);
  }
}

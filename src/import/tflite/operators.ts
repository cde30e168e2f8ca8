/** The options table of each operator. */

import { DepthwiseError } from '../../errors.js';
import type { Activation, OperatorKind, OperatorName, Padding, Tensor } from '../../graph/graph.js';
import { unreachable } from '../../graph/refusal.js';
import type { Table } from '../../tflite/read.js';
import {
  ACTIVATIONS,
  ADD_OPTIONS,
  CONCATENATION_OPTIONS,
  CONV_OPTIONS,
  DEPTHWISE_OPTIONS,
  FULLY_CONNECTED_OPTIONS,
  PADDINGS,
  POOL_OPTIONS,
  REDUCER_OPTIONS,
  RESHAPE_OPTIONS,
  SOFTMAX_OPTIONS,
  SQUEEZE_OPTIONS,
} from '../../tflite/schema.js';

/** What options are read against. Tensors are absent where the operator names none. */
export interface OptionsContext {
  index: number;
  input?: Tensor;
  filter?: Tensor;
  output?: Tensor;
}

const ACTIVATION_NAMES = ['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6', 'TANH', 'SIGN_BIT'];

/** The operator's own fields. An absent table or field has the schema's default. */
export function readOptions(op: OperatorName, table: Table | undefined, context: OptionsContext): OperatorKind {
  const place = `operator ${context.index} (${op})`;
  const unsupported = (found: string, supported: string, advice = 'Change the model and export it again') =>
    new DepthwiseError('MODEL_UNSUPPORTED', `${place}: ${found}; supported: ${supported}. ${advice}.`);
  const contradiction = (found: string, expected: string) =>
    new DepthwiseError(
      'MODEL_INVALID',
      `${place}: ${found}; expected: ${expected}. The file contradicts itself: export the model again.`,
    );
  const activation = (slot: number): Activation => {
    const value = table?.int8(slot) ?? 0;
    if (ACTIVATIONS[value]) return ACTIVATIONS[value];
    throw unsupported(`activation ${ACTIVATION_NAMES[value] ?? value}`, 'NONE, RELU, RELU_N1_TO_1, RELU6');
  };
  const window = (slots: { padding: number; strideH: number; strideW: number }) => {
    const padding: Padding | undefined = PADDINGS[table?.int8(slots.padding) ?? 0];
    if (!padding) throw contradiction(`padding ${table?.int8(slots.padding)}`, '0 (SAME) or 1 (VALID)');
    return { padding, strideH: table?.int32(slots.strideH) ?? 0, strideW: table?.int32(slots.strideW) ?? 0 };
  };
  const undilated = (slots: { dilationH: number; dilationW: number }) => {
    const [h, w] = [table?.int32(slots.dilationH, 1) ?? 1, table?.int32(slots.dilationW, 1) ?? 1];
    if (h !== 1 || w !== 1) throw unsupported(`dilation ${h}x${w}`, 'dilation 1x1');
  };

  switch (op) {
    case 'CONV_2D':
      undilated(CONV_OPTIONS);
      return { op, activation: activation(CONV_OPTIONS.activation), ...window(CONV_OPTIONS) };
    case 'DEPTHWISE_CONV_2D': {
      undilated(DEPTHWISE_OPTIONS);
      // The field depth_multiplier is redundant, and TFLite no longer reads it: the shapes say it.
      const depthMultiplier = (context.filter?.shape[3] ?? 0) / (context.input?.shape[3] ?? 1);
      return {
        op,
        activation: activation(DEPTHWISE_OPTIONS.activation),
        depthMultiplier,
        ...window(DEPTHWISE_OPTIONS),
      };
    }
    case 'FULLY_CONNECTED': {
      const format = table?.int8(FULLY_CONNECTED_OPTIONS.weightsFormat) ?? 0;
      if (format !== 0) throw unsupported(`shuffled weights (format ${format})`, 'format DEFAULT');
      return { op, activation: activation(FULLY_CONNECTED_OPTIONS.activation) };
    }
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D': {
      const filterH = table?.int32(POOL_OPTIONS.filterH) ?? 0;
      const filterW = table?.int32(POOL_OPTIONS.filterW) ?? 0;
      return { op, activation: activation(POOL_OPTIONS.activation), filterH, filterW, ...window(POOL_OPTIONS) };
    }
    case 'MEAN':
      return { op, keepDims: table?.bool(REDUCER_OPTIONS.keepDims) ?? false };
    case 'ADD':
      return { op, activation: activation(ADD_OPTIONS.activation) };
    case 'CONCATENATION':
      return {
        op,
        axis: table?.int32(CONCATENATION_OPTIONS.axis) ?? 0,
        activation: activation(CONCATENATION_OPTIONS.activation),
      };
    case 'SOFTMAX':
      return { op, beta: table?.float32(SOFTMAX_OPTIONS.beta) ?? 0 };
    case 'RESHAPE': {
      // TFLite reads this field only where there is no second input.
      const shape = context.filter ? [] : (table?.int32s(RESHAPE_OPTIONS.newShape) ?? []);
      const output = context.output?.shape ?? [];
      const matches = shape.length === output.length && shape.every((dim, i) => dim === -1 || dim === output[i]);
      if (shape.length > 0 && !matches) {
        throw contradiction(`new shape [${shape.slice(0, 8)}]`, `the output's [${output}]`);
      }
      return { op };
    }
    case 'SQUEEZE': {
      const rank = context.input?.shape.length ?? 0;
      const dims = (table?.int32s(SQUEEZE_OPTIONS.squeezeDims) ?? []).map((dim) => (dim < 0 ? dim + rank : dim));
      const kept = context.input?.shape.filter((dim, i) => (dims.length ? !dims.includes(i) : dim !== 1)) ?? [];
      if (String(kept) !== String(context.output?.shape)) {
        throw contradiction(`output shape [${context.output?.shape}]`, `[${kept}] after squeezing`);
      }
      return { op };
    }
    case 'PAD':
    case 'LOGISTIC':
    case 'RELU':
    case 'RELU6':
    case 'QUANTIZE':
    case 'DEQUANTIZE':
      return { op };
    default:
      return unreachable(op);
  }
}

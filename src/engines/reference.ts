/**
 * Runs a graph operator by operator with the plain kernels of src/kernels/reference, in the model's own dtypes. Every
 * other engine must give the same bytes. Nothing is fused, shared or reused: each tensor has its own array.
 */

import { DepthwiseError } from '../errors.js';
import type { DType, Graph, Operator, Tensor } from '../graph/graph.js';
import { elements, where } from '../graph/graph.js';
import { unreachable } from '../graph/refusal.js';
import { add } from '../kernels/reference/add.js';
import type { Bytes } from '../kernels/reference/bytes.js';
import { concatenation } from '../kernels/reference/concatenation.js';
import { conv } from '../kernels/reference/conv.js';
import { depthwise } from '../kernels/reference/depthwise.js';
import type { Rounding } from '../kernels/reference/fixedpoint.js';
import { dequantizeToFloat, quantizeFloat } from '../kernels/reference/float-edges.js';
import { fullyConnected } from '../kernels/reference/fully-connected.js';
import { lookup } from '../kernels/reference/lookup.js';
import { mean } from '../kernels/reference/mean.js';
import { pad } from '../kernels/reference/pad.js';
import { averagePool, maxPool } from '../kernels/reference/pool.js';
import {
  addParameters,
  convParameters,
  fullyConnectedParameters,
  meanParameters,
  padParameters,
  poolParameters,
  softmaxParameters,
} from '../kernels/reference/prepare.js';
import { softmax } from '../kernels/reference/softmax.js';
import { concatenationTable, logisticTable, quantizeTable, reluTable } from '../kernels/reference/tables.js';

type Values = Int8Array | Uint8Array | Int32Array | Float32Array;

export interface ReferenceOptions {
  /** Default double, as tflite-micro is built by default. */
  rounding?: Rounding;
  /** Called after each operator with its index in the file and the raw bytes of its outputs. */
  afterOperator?: (operatorIndex: number, outputs: Uint8Array[]) => void;
}

/**
 * One inference. `inputs` and the result are the raw bytes of the graph's inputs and outputs, in order, in the model's
 * own dtypes; float32 is little-endian. Throws INPUT_SIZE where an input is missing or has another length.
 */
export function runReference(graph: Graph, inputs: Uint8Array[], options: ReferenceOptions = {}): Uint8Array[] {
  const values = graph.tensors.map((tensor) => tensor.data);
  graph.inputs.forEach((index, i) => {
    const tensor = graph.tensors[index];
    const expected = byteLength(tensor);
    if (inputs[i]?.length !== expected) {
      throw new DepthwiseError(
        'INPUT_SIZE',
        `Input ${i} "${tensor.name}" has ${inputs[i]?.length ?? 0} bytes, expected ${expected} ([${tensor.shape}] ${tensor.dtype}).`,
      );
    }
    values[index] = allocate(tensor);
    rawBytes(values[index]!).set(inputs[i]);
  });
  for (const operator of graph.operators) {
    for (const index of operator.outputs) values[index] = allocate(graph.tensors[index]);
    runOperator(graph, operator, values, options.rounding ?? 'double');
    options.afterOperator?.(
      operator.index,
      operator.outputs.map((index) => rawBytes(values[index]!).slice()),
    );
  }
  return graph.outputs.map((index) => rawBytes(values[index]!).slice());
}

function runOperator(graph: Graph, operator: Operator, values: (Values | undefined)[], rounding: Rounding): void {
  const tensor = (i: number) => graph.tensors[operator.inputs[i]];
  const outputTensor = graph.tensors[operator.outputs[0]];
  const input = (i: number): Bytes => {
    const found = values[operator.inputs[i]];
    if (found instanceof Int8Array || found instanceof Uint8Array) return found;
    const problem = found ? `is ${tensor(i).dtype}, expected int8 or uint8` : 'has no values yet';
    throw new DepthwiseError('MODEL_UNSUPPORTED', `${where(operator, tensor(i))} ${problem}.`);
  };
  const bias = () => (operator.inputs[2] >= 0 ? (values[operator.inputs[2]] as Int32Array | undefined) : undefined);
  const output = values[operator.outputs[0]] as Bytes;

  switch (operator.op) {
    case 'CONV_2D':
      conv(input(0), input(1), bias(), output, convParameters(graph, operator), rounding);
      break;
    case 'DEPTHWISE_CONV_2D':
      depthwise(input(0), input(1), bias(), output, convParameters(graph, operator), rounding);
      break;
    case 'FULLY_CONNECTED':
      fullyConnected(input(0), input(1), bias(), output, fullyConnectedParameters(graph, operator), rounding);
      break;
    case 'AVERAGE_POOL_2D':
      averagePool(input(0), output, poolParameters(graph, operator));
      break;
    case 'MAX_POOL_2D':
      maxPool(input(0), output, poolParameters(graph, operator));
      break;
    case 'MEAN':
      mean(input(0), output, meanParameters(graph, operator), rounding);
      break;
    case 'ADD':
      add(input(0), input(1), output, addParameters(graph, operator), rounding);
      break;
    case 'PAD':
      pad(input(0), output, padParameters(graph, operator));
      break;
    case 'CONCATENATION': {
      const axis = operator.axis < 0 ? operator.axis + outputTensor.shape.length : operator.axis;
      const inputs = operator.inputs.map((_, i) => input(i));
      const tables = operator.inputs.map((_, i) => concatenationTable(tensor(i), outputTensor, rounding));
      const runs = operator.inputs.map((_, i) => elements(tensor(i).shape.slice(axis)));
      concatenation(inputs, tables, runs, output);
      break;
    }
    case 'RESHAPE':
    case 'SQUEEZE':
      output.set(input(0));
      break;
    case 'SOFTMAX':
      softmax(input(0), output, softmaxParameters(graph, operator, rounding), rounding);
      break;
    case 'LOGISTIC':
      lookup(input(0), output, logisticTable(graph, operator, rounding));
      break;
    case 'RELU':
    case 'RELU6':
      lookup(input(0), output, reluTable(graph, operator, rounding));
      break;
    case 'QUANTIZE': {
      const from = values[operator.inputs[0]];
      if (from instanceof Float32Array) quantizeFloat(from, output, outputTensor);
      else lookup(input(0), output, quantizeTable(tensor(0), outputTensor, rounding));
      break;
    }
    case 'DEQUANTIZE':
      dequantizeToFloat(input(0), values[operator.outputs[0]] as Float32Array, tensor(0));
      break;
    default:
      unreachable(operator);
  }
}

const ARRAYS = { int8: Int8Array, uint8: Uint8Array, int32: Int32Array, float32: Float32Array } as const;

function allocate(tensor: Tensor): Values {
  return new ARRAYS[tensor.dtype as DType](elements(tensor.shape));
}

function byteLength(tensor: Tensor): number {
  return elements(tensor.shape) * ARRAYS[tensor.dtype].BYTES_PER_ELEMENT;
}

function rawBytes(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

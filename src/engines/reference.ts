/**
 * Runs a graph operator by operator with the plain kernels of src/kernels/reference, in the model's own dtypes. Every
 * other engine must give the same bytes. Nothing is fused, shared or reused: each tensor has its own array.
 */

import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, Tensor } from '../graph/graph.js';
import { elements, where } from '../graph/graph.js';
import type { Rounding } from '../kernels/reference/fixedpoint.js';
import { place, type Values } from '../operators/definition.js';
import { definitionOf } from '../operators/index.js';

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
      operator.outputs.map((index) => outputBytes(graph.tensors[index], values[index]!)),
    );
  }
  return graph.outputs.map((index) => outputBytes(graph.tensors[index], values[index]!));
}

function runOperator(graph: Graph, operator: Operator, all: readonly (Values | undefined)[], rounding: Rounding): void {
  const placed = place(graph, operator);
  const values = operator.inputs.map((index) => all[index]);
  const results = operator.outputs.map((index) => all[index]!);
  const bytes = (position: number) => {
    const found = values[position];
    if (found instanceof Int8Array || found instanceof Uint8Array) return found;
    const tensor = placed.inputs[position];
    const problem = found ? `is ${tensor.dtype}, expected int8 or uint8` : 'has no values yet';
    throw new DepthwiseError('MODEL_UNSUPPORTED', `${where(operator, tensor)} ${problem}.`);
  };
  const out = results[0] as Int8Array | Uint8Array;
  definitionOf(operator).run({ ...placed, rounding, values, results, bytes, out });
}

/** int64 values are places in a tensor, which 32 bits hold. */
const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: Int32Array,
  float32: Float32Array,
} as const;

function allocate(tensor: Tensor): Values {
  return new ARRAYS[tensor.dtype](elements(tensor.shape));
}

function byteLength(tensor: Tensor): number {
  return elements(tensor.shape) * ARRAYS[tensor.dtype].BYTES_PER_ELEMENT;
}

function rawBytes(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function outputBytes({ dtype }: Tensor, values: Values): Uint8Array {
  const wide = dtype === 'int64' ? BigInt64Array.from(values as Int32Array, BigInt) : values;
  return new Uint8Array(wide.buffer, wide.byteOffset, wide.byteLength).slice();
}

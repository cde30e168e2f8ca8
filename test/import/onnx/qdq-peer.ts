/** Quantised .onnx files as graphs of ours, and how far their outputs are from those of ONNX Runtime. */
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { runReference } from '../../../src/engines/reference.js';
import type { Graph } from '../../../src/graph/graph.js';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { quantizeFloat } from '../../../src/kernels/reference/float-edges.js';
import { quantizeAsScaled } from '../../../src/quantize/uncalibrated.js';
import { randomValues, toNhwc } from './blocks.js';
import { buildOnnx, type ModelSpec } from './build.js';

/** The graph of a quantised .onnx file. */
export const quantised = (bytes: Uint8Array): Graph => quantizeAsScaled(importOnnx(bytes, 'network'));

/** Bytes of the values in a tensor of ours, as ONNX quantises them. */
export function bytesOf(graph: Graph, index: number, values: ArrayLike<number>): Int8Array | Uint8Array {
  const tensor = graph.tensors[index];
  const bytes = tensor.dtype === 'int8' ? new Int8Array(values.length) : new Uint8Array(values.length);
  quantizeFloat(Float32Array.from(values), bytes, tensor);
  return bytes;
}

/** How far the outputs of ours are from those of ONNX Runtime, in steps: one number for each value. */
export function steps(graph: Graph, ours: Uint8Array, theirs: ArrayLike<number>): number[] {
  const [output] = graph.outputs;
  const own = graph.tensors[output].dtype === 'int8' ? new Int8Array(ours.buffer, ours.byteOffset, ours.length) : ours;
  return Array.from(bytesOf(graph, output, theirs), (value, i) => Math.abs(value - own[i]));
}

/** A random input of a quantised network: the graph, the record, what the reference gives, and its distance from ONNX Runtime. */
export async function besideOnnxRuntime(spec: ModelSpec, seed: number) {
  const bytes = buildOnnx(spec);
  const graph = quantised(bytes);
  const [[name, dims]] = Object.entries(spec.inputs);
  const shape = dims as number[];
  const values = randomValues(
    shape.reduce((a, b) => a * b),
    seed,
  );
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const result = await session.run({ [name]: new Tensor('float32', values, shape) });
  await session.release();
  const { data, dims: outputs } = result[spec.outputs[0]];
  const theirs = outputs.length === 4 ? toNhwc(data as Float32Array, outputs[1]) : (data as Float32Array);
  const input = bytesOf(graph, graph.inputs[0], shape.length === 4 ? toNhwc(values, shape[1]) : values);
  const record = [new Uint8Array(input.buffer)];
  const [reference] = runReference(graph, record, { rounding: 'single' });
  return { graph, record, reference, apart: steps(graph, reference, theirs) };
}

/** Checks a graph once, so that passes, kernels and reports can rely on it. */
import { DepthwiseError } from '../errors.js';
import type { DType, Graph, Operator, Tensor } from '../graph/graph.js';
import { elements, where } from '../graph/graph.js';
import { MAX_ELEMENTS, unlessRefused } from '../graph/refusal.js';
import { activationInputs, checkArity, checkOperator } from './rules.js';
import { checkOutputShapes } from './shapes.js';

/** Greatest number of inputs, and of outputs, of a model. */
const MAX_ENDS = 256;

const RANGE: Partial<Record<DType, readonly [number, number]>> = { int8: [-128, 127], uint8: [0, 255] };
const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: Int32Array,
  float32: Float32Array,
} as const;

const tensorName = (tensor: Tensor) => `tensor ${tensor.index} "${tensor.name}"`;

function invalid(place: string, found: string, expected: string): DepthwiseError {
  const advice = 'The file contradicts itself: export the model again.';
  return new DepthwiseError('MODEL_INVALID', `${place}: ${found}; expected: ${expected}. ${advice}`);
}

/**
 * Throws MODEL_INVALID where the graph contradicts itself, MODEL_UNSUPPORTED or MODEL_TOO_LARGE where it is more than
 * this compiler takes. With `refuse`, what is not supported of an operator is told to it, and the others are looked at all the
 * same. Returns the graph.
 */
export function validateGraph(graph: Graph, refuse?: (operator: Operator, error: DepthwiseError) => void): Graph {
  graph.tensors.forEach(checkTensor);
  checkEnds(graph);
  const read = readTensors(graph);
  const available = new Set([...graph.inputs, ...graph.tensors.filter(({ data }) => data).map(({ index }) => index)]);
  for (const operator of graph.operators) {
    checkIndices(graph, operator);
    checkOrder(graph, operator, available);
    const check = () => checkAlone(graph, operator, read);
    if (refuse) unlessRefused(check, (error) => refuse(operator, error));
    else check();
  }
  for (const index of graph.outputs) {
    const output = graph.tensors[index];
    if (!available.has(index))
      throw invalid(tensorName(output), 'an output of the model that no operator writes', 'one');
    if (output.data || graph.inputs.includes(index)) {
      throw new DepthwiseError(
        'MODEL_UNSUPPORTED',
        `${tensorName(output)}: an output of the model that is also ${output.data ? 'a constant' : 'its input'}; ` +
          'supported: outputs that an operator computes. Remove it from the outputs.',
      );
    }
  }
  return graph;
}

/** All that an operator demands of its own tensors; `read` holds those that any operator reads. */
function checkAlone(graph: Graph, operator: Operator, read: ReadonlySet<number>): void {
  checkArity(operator);
  for (const index of [...operator.inputs.slice(0, activationInputs(operator)), ...operator.outputs]) {
    checkQuantized(graph.tensors[index], where(operator, graph.tensors[index]));
  }
  checkOperator(graph, operator, read);
  checkOutputShapes(graph, operator);
}

/** Tensors that any operator reads. */
function readTensors(graph: Graph): Set<number> {
  const read = new Set<number>();
  for (const { inputs } of graph.operators) {
    // The indices are yet unchecked, and the set may not grow beyond the tensors.
    for (const index of inputs) if (graph.tensors[index]) read.add(index);
  }
  return read;
}

function checkTensor(tensor: Tensor, position: number): void {
  const place = tensorName(tensor);
  if (tensor.index !== position) throw invalid(place, `it stands at position ${position}`, 'its index');
  if (tensor.shape.some((dim) => !Number.isInteger(dim) || dim < 1)) {
    throw invalid(place, `shape [${tensor.shape}]`, 'dimensions of 1 and more');
  }
  if (elements(tensor.shape) > MAX_ELEMENTS) {
    throw new DepthwiseError(
      'MODEL_TOO_LARGE',
      `${place}: shape [${tensor.shape}] has ${elements(tensor.shape)} values; ${MAX_ELEMENTS} at most. ` +
        'Make the input or the layer smaller.',
    );
  }
  if (tensor.data) {
    if (!(tensor.data instanceof ARRAYS[tensor.dtype])) throw invalid(place, 'data of another type', tensor.dtype);
    if (tensor.data.length !== elements(tensor.shape)) {
      throw invalid(place, `${tensor.data.length} constant values`, `${elements(tensor.shape)} for [${tensor.shape}]`);
    }
  }
  const q = tensor.quantization;
  if (!q || tensor.dtype === 'float32') return;
  if (q.scale.length === 0 || q.scale.length !== q.zeroPoint.length) {
    throw invalid(
      place,
      `${q.scale.length} scales and ${q.zeroPoint.length} zero points`,
      'as many of each, at least 1',
    );
  }
  if (q.scale.length > 1 && tensor.shape[q.axis] !== q.scale.length) {
    throw invalid(place, `${q.scale.length} scales along axis ${q.axis} of [${tensor.shape}]`, 'one per channel');
  }
  const scale = q.scale.find((value) => !(value > 0 && Number.isFinite(value)));
  if (scale !== undefined) throw invalid(place, `scale ${scale}`, 'above 0 and finite');
  const [low, high] = RANGE[tensor.dtype] ?? [-(2 ** 31), 2 ** 31 - 1];
  const zeroPoint = q.zeroPoint.find((value) => !(Number.isInteger(value) && value >= low && value <= high));
  if (zeroPoint !== undefined) throw invalid(place, `zero point ${zeroPoint}`, `an integer from ${low} to ${high}`);
}

function checkEnds(graph: Graph): void {
  const ends = [
    ['input', graph.inputs],
    ['output', graph.outputs],
  ] as const;
  for (const [end, indices] of ends) {
    if (indices.length === 0) throw invalid(`model "${graph.name}"`, `no ${end}`, 'at least one');
    if (indices.length > MAX_ENDS) {
      throw new DepthwiseError(
        'MODEL_TOO_LARGE',
        `model "${graph.name}": ${indices.length} ${end}s; ${MAX_ENDS} at most. Split the model.`,
      );
    }
    if (new Set(indices).size !== indices.length) {
      throw invalid(`model "${graph.name}"`, `an ${end} is listed twice: ${indices.slice(0, 16).join(', ')}`, 'once');
    }
    for (const index of indices) {
      if (!graph.tensors[index]) throw invalid(`model "${graph.name}"`, `${end} tensor ${index}`, tensorRange(graph));
    }
  }
  for (const index of graph.inputs) {
    const tensor = graph.tensors[index];
    if (tensor.data) throw invalid(tensorName(tensor), 'an input of the model with constant data', 'no data');
    checkQuantized(tensor, `${tensorName(tensor)}, an input of the model`);
  }
}

const tensorRange = (graph: Graph) => `a tensor from 0 to ${graph.tensors.length - 1}`;

function checkIndices(graph: Graph, operator: Operator): void {
  const wrong =
    operator.inputs.find((index) => index !== -1 && !graph.tensors[index]) ??
    operator.outputs.find((index) => !graph.tensors[index]);
  if (wrong !== undefined) throw invalid(where(operator), `tensor ${wrong}`, tensorRange(graph));
}

/** Operators stand in an order in which they can run, and every tensor is written once. */
function checkOrder(graph: Graph, operator: Operator, available: Set<number>): void {
  for (const index of operator.inputs) {
    if (index === -1 || available.has(index)) continue;
    const writer = graph.operators.find(({ outputs }) => outputs.includes(index));
    const found = writer ? `read before operator ${writer.index} writes it` : 'read, but nothing writes it';
    throw invalid(where(operator, graph.tensors[index]), found, 'operators in the order in which they run');
  }
  for (const index of operator.outputs) {
    if (available.has(index)) {
      throw invalid(
        where(operator, graph.tensors[index]),
        'written a second time',
        'a tensor that nothing else writes',
      );
    }
    available.add(index);
  }
}

/** 8-bit activations have one scale and zero point. */
function checkQuantized(tensor: Tensor, place: string): void {
  if (tensor.data || !RANGE[tensor.dtype]) return;
  const scales = tensor.quantization?.scale.length ?? 0;
  if (scales === 1) return;
  if (scales === 0) throw invalid(place, `${tensor.dtype} without scale and zero point`, 'one of each');
  throw new DepthwiseError(
    'MODEL_UNSUPPORTED',
    `${place}: an activation with ${scales} scales; supported: one scale and zero point per activation. ` +
      'Quantise activations per tensor.',
  );
}

/**
 * Graph -> program. Every operator becomes no step, one step, or several. uint8 tensors
 * become int8 ones: values, zero points and weights less 128, which changes no sum; a step flips the bytes of uint8 inputs and
 * outputs.
 */
import { DepthwiseError } from '../errors.js';
import type { Graph, Tensor } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { Lowering, type LowerOptions } from '../lower/lowering.js';
import { place } from '../operators/definition.js';
import { definitionOf } from '../operators/index.js';
import { pixelMapping } from '../pictures/pixels.js';
import { KIND_FLIP } from '../program/layout.js';
import type { InputType, Port, PortType, Program } from '../program/program.js';

export function lower(graph: Graph, options: LowerOptions): Program {
  const lowering = new Lowering(graph, options, {
    padding: (operator) => definitionOf(operator).takesPadding?.(operator) ?? false,
    order: (operator) => definitionOf(operator).takesOrder?.(place(graph, operator)) ?? false,
  });
  const inputs = graph.inputs.map((index) => {
    const port = portOf<InputType>(lowering, index, inputEdge(lowering, index));
    const { multiplier, offset } = pixelMapping(port);
    return { ...port, pixels: { multiplier, offset } };
  });
  for (const port of inputs) if (port.dtype === 'uint8') flip(lowering, port);
  for (const operator of graph.operators) definitionOf(operator).lower(lowering, operator);
  const outputs = graph.outputs.map((index) => portOf<PortType>(lowering, index, outputEdge(graph, index)));
  const flipped = new Set<number>();
  for (const port of outputs) {
    if (port.dtype === 'uint8' && !flipped.has(port.view.buffer)) flip(lowering, port);
    flipped.add(port.view.buffer);
  }
  return {
    name: graph.name,
    buffers: lowering.buffers,
    steps: lowering.steps,
    inputs,
    outputs,
    views: lowering.views,
    rounding: options.rounding,
    labels: graph.labels,
    randomWeights: graph.randomWeights,
    randomRanges: graph.uncalibrated !== undefined,
  };
}

/** The byte tensor behind a model input: of a float32 one, what its QUANTIZE writes. */
function inputEdge(lowering: Lowering, index: number): Tensor {
  const { tensors } = lowering.graph;
  const tensor = tensors[index];
  if (tensor.dtype !== 'float32') return tensor;
  const [first, ...others] = lowering.readers(index);
  if (first && others.length === 0) return tensors[first.outputs[0]];
  const found = `Tensor ${index} "${tensor.name}" is a float32 input that ${first ? others.length + 1 : 'no'} operators read`;
  throw new DepthwiseError('MODEL_UNSUPPORTED', `${found}, expected one QUANTIZE. Export the model with int8 inputs.`);
}

/** The byte tensor before a model output: of a float32 one, what its DEQUANTIZE reads. */
function outputEdge({ tensors, operators }: Graph, index: number): Tensor {
  const tensor = tensors[index];
  if (tensor.dtype !== 'float32') return tensor;
  const writer = operators.find((operator) => operator.outputs.includes(index))!;
  return tensors[writer.inputs[0]];
}

function portOf<T extends PortType>(lowering: Lowering, index: number, bytes: Tensor): Port<T> {
  const tensor = lowering.graph.tensors[index];
  const { scale, zeroPoint } = perTensor(bytes);
  return {
    view: lowering.view(bytes.index),
    tensor: bytes.index,
    name: tensor.name,
    shape: tensor.shape,
    scale,
    zeroPoint,
    dtype: bytes.dtype as T,
    float32: tensor.dtype === 'float32',
  };
}

/** To the other of int8 and uint8, in place. */
function flip(lowering: Lowering, { view, name }: Port): void {
  lowering.push({ kind: KIND_FLIP, name, operators: [], input: view, output: view });
}

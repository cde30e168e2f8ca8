/** Float networks with QuantizeLinear and DequantizeLinear around every layer, as ONNX Runtime's quantize_static writes them. */
import { elements, type Graph, type Operator, perTensor, type Quantization } from '../../../src/graph/graph.js';
import type { Affine } from '../../../src/quantize/affine.js';
import type { Constant, ModelSpec, NodeSpec } from './build.js';

type Type = 'int8' | 'uint8';

/** Integers of a constant and what they stand for, by channel along `axis` or one for all. */
export interface Integers {
  shape: number[];
  data: Int8Array | Uint8Array | Int32Array;
  scale: number[];
  zeroPoint: number[];
  axis: number;
}

export interface Quantized {
  /** int8 maps of activations, by name: those that have none are left as they are. */
  maps: Record<string, Affine>;
  activations: Type;
  constants: Record<string, Integers>;
}

const float = (...data: number[]): Constant => ({
  shape: data.length > 1 ? [data.length] : [],
  data: Float32Array.from(data),
});

/** `spec` with a pair of nodes behind every tensor that has a map, and one node behind every constant that is integers. */
export function withPairs(spec: ModelSpec, { maps, activations, constants }: Quantized): ModelSpec {
  const own: Record<string, Constant> = { ...spec.constants };
  const nodes: NodeSpec[] = [];
  const pair = (name: string, to: string) => {
    const { scale, zeroPoint } = maps[name];
    own[`${name}_s`] = float(scale);
    const data = activations === 'int8' ? Int8Array.of(zeroPoint) : Uint8Array.of(zeroPoint + 128);
    own[`${name}_z`] = { shape: [], data };
    const parameters = [`${name}_s`, `${name}_z`];
    nodes.push({ op: 'QuantizeLinear', inputs: [name, ...parameters], outputs: [`${name}_q`] });
    nodes.push({ op: 'DequantizeLinear', inputs: [`${name}_q`, ...parameters], outputs: [to] });
  };
  for (const [name, { shape, data, scale, zeroPoint, axis }] of Object.entries(constants)) {
    delete own[name];
    own[`${name}_i`] = { shape, data };
    own[`${name}_s`] = float(...scale);
    const zeros = zeroPoint.length > 1 ? [zeroPoint.length] : [];
    own[`${name}_z`] = { shape: zeros, data: (data.constructor as typeof Int8Array).from(zeroPoint) };
    const inputs = [`${name}_i`, `${name}_s`, `${name}_z`];
    nodes.push({ op: 'DequantizeLinear', inputs, outputs: [name], attributes: scale.length > 1 ? { axis } : {} });
  }
  const inputs = Object.keys(spec.inputs).filter((name) => maps[name]);
  for (const name of inputs) pair(name, `${name}_d`);
  /** Readers take the pair's output; an output of the model is what the pair gives. */
  const read = (name: string) => (maps[name] && !spec.outputs.includes(name) ? `${name}_d` : name);
  const written = (name: string) => (maps[name] && spec.outputs.includes(name) ? `${name}_f` : name);
  for (const node of spec.nodes) {
    const [output] = node.outputs;
    nodes.push({ ...node, inputs: node.inputs.map(read), outputs: [written(output)] });
    if (!maps[output]) continue;
    if (written(output) !== output) maps[`${output}_f`] = maps[output];
    pair(written(output), spec.outputs.includes(output) ? output : `${output}_d`);
  }
  return { ...spec, nodes, constants: own };
}

/** Integers for real weights: symmetric for int8, with a zero point for uint8; a scale for each of axis 0, or one. */
export function integers({ shape, data }: Constant, type: Type, perChannel: boolean): Integers {
  const size = elements(shape) / shape[0];
  const rows = perChannel ? shape[0] : 1;
  const range = Array.from({ length: rows }, (_, row) => {
    const values = perChannel ? Array.from(data).slice(row * size, (row + 1) * size) : Array.from(data);
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    if (type === 'int8') return { scale: Math.fround(Math.max(-low, high) / 127), zeroPoint: 0 };
    const scale = Math.fround((high - low) / 255);
    return { scale, zeroPoint: Math.round(-low / scale) };
  });
  const of = (position: number) => range[perChannel ? Math.floor(position / size) : 0];
  const values = Array.from(data, (value, i) => Math.round(value / of(i).scale) + of(i).zeroPoint);
  return {
    shape,
    data: type === 'int8' ? Int8Array.from(values) : Uint8Array.from(values),
    scale: range.map(({ scale }) => scale),
    zeroPoint: range.map(({ zeroPoint }) => zeroPoint),
    axis: 0,
  };
}

/** int32 integers for a bias, in the scale of the products that it is added to. */
export function biasIntegers({ shape, data }: Constant, input: Affine, weights: Integers): Integers {
  const scale = weights.scale.map((value) => Math.fround(value * input.scale));
  const values = Array.from(data, (value, i) => Math.round(value / scale[scale.length > 1 ? i : 0]));
  return { shape, data: Int32Array.from(values), scale, zeroPoint: scale.map(() => 0), axis: 0 };
}

/** A quantised classifier of ours as a float network with its own integers: convolutions, a mean, a layer, softmax. */
export function fromGraph(graph: Graph, activations: Type): ModelSpec {
  const name = (index: number) => `t${index}`;
  const maps = Object.fromEntries(
    [...graph.inputs, ...graph.operators.flatMap(({ outputs }) => outputs)].map((index) => [
      name(index),
      perTensor(graph.tensors[index]),
    ]),
  );
  const constants: Record<string, Integers> = {};
  const nodes = graph.operators.flatMap((operator) => nodesOf(graph, operator, name, constants));
  const [, height, width, channels] = graph.tensors[graph.inputs[0]].shape;
  const spec: ModelSpec = {
    nodes,
    inputs: { [name(graph.inputs[0])]: [1, channels, height, width] },
    outputs: graph.outputs.map(name),
  };
  return withPairs(spec, { maps, activations, constants });
}

/** An activation needs no node: the integers end where it does. */
function nodesOf(
  graph: Graph,
  operator: Operator,
  name: (index: number) => string,
  constants: Record<string, Integers>,
): NodeSpec[] {
  const [input, weights, bias] = operator.inputs;
  const [output] = operator.outputs;
  const node = (op: string, attributes: NodeSpec['attributes'] = {}, inputs = [input]): NodeSpec[] => [
    { op, inputs: inputs.map(name), outputs: [name(output)], attributes },
  ];
  if (operator.op === 'MEAN') return node('GlobalAveragePool');
  if (operator.op === 'RESHAPE') return node('Flatten');
  if (operator.op === 'SOFTMAX') return node('Softmax');
  if (operator.op !== 'CONV_2D' && operator.op !== 'DEPTHWISE_CONV_2D' && operator.op !== 'FULLY_CONNECTED') {
    throw new Error(operator.op);
  }
  const filter = graph.tensors[weights];
  const { scale, zeroPoint } = filter.quantization as Quantization;
  const own = { scale: [...scale], zeroPoint: [...zeroPoint], axis: 0 };
  const isDepthwise = operator.op === 'DEPTHWISE_CONV_2D';
  const [o, h, w, c] = isDepthwise ? [filter.shape[3], filter.shape[1], filter.shape[2], 1] : [...filter.shape, 1, 1];
  if (operator.op === 'FULLY_CONNECTED')
    constants[name(weights)] = { shape: [...filter.shape], data: filter.data as Int8Array, ...own };
  else {
    const at = (i: number) => {
      const [row, column, channel, filterAt] = [
        Math.floor(i / w) % h,
        i % w,
        Math.floor(i / (h * w)) % c,
        Math.floor(i / (h * w * c)),
      ];
      return isDepthwise ? (row * w + column) * o + filterAt : ((filterAt * h + row) * w + column) * c + channel;
    };
    const data = Int8Array.from({ length: o * h * w * c }, (_, i) => filter.data![at(i)]);
    constants[name(weights)] = { shape: [o, c, h, w], data, ...own };
  }
  const { shape, data, quantization } = graph.tensors[bias];
  const biasScale = [...quantization!.scale];
  constants[name(bias)] = {
    shape: [...shape],
    data: data as Int32Array,
    scale: biasScale,
    zeroPoint: biasScale.map(() => 0),
    axis: 0,
  };
  const inputs = [input, weights, bias];
  if (operator.op === 'FULLY_CONNECTED') return node('Gemm', { transB: 1 }, inputs);
  const group = isDepthwise ? graph.tensors[input].shape[3] : 1;
  const strides = [operator.strideH, operator.strideW];
  return node('Conv', { group, strides, auto_pad: operator.padding === 'same' ? 'SAME_UPPER' : 'VALID' }, inputs);
}

/**
 * Float models in .tflite files: weights as float32, as float16 behind a DEQUANTIZE, or as integers beside float activations
 * ("dynamic range"). All of them become float32, as an .onnx file has them.
 */
import { DepthwiseError } from '../../errors.js';
import type { Graph, Operator, Quantization, Tensor } from '../../graph/graph.js';
import { elements, where } from '../../graph/graph.js';
import { isWeighted } from '../../operators/index.js';
import { activationMaps } from '../../quantize/quantize.js';

/** Values that all constants together may become: many operators of a damaged file may read the same ones. */
const MOST_VALUES = 2 ** 24;

/** Whether all that is computed is float32. */
export function isFloatGraph({ tensors, operators, inputs }: Graph): boolean {
  const activations = [...inputs, ...operators.flatMap(({ outputs }) => outputs)];
  return activations.length > 0 && activations.every((index) => tensors[index]?.dtype === 'float32');
}

/** The graph with all weights as float32, and without the operators that made them so. */
export function withFloatWeights(graph: Graph): Graph {
  const tensors = [...graph.tensors];
  let values = 0;
  const asFloat = (operator: Operator, from: Tensor, to: Tensor) => {
    values += from.data!.length;
    if (values > MOST_VALUES) {
      throw new DepthwiseError(
        'MODEL_TOO_LARGE',
        `${where(operator, from)}: ${values} weights become float32; ${MOST_VALUES} at most. Use a smaller network.`,
      );
    }
    const { index, name, shape } = to;
    tensors[index] = { index, name, shape, dtype: 'float32', data: realValues(operator, from) };
  };
  const operators = graph.operators.filter((operator) => {
    const [from, to] = [tensors[operator.inputs[0]], tensors[operator.outputs[0]]];
    if (operator.op !== 'DEQUANTIZE' || !from?.data || !to || to.data) return true;
    asFloat(operator, from, to);
    return false;
  });
  for (const operator of operators) {
    for (const index of isWeighted(operator) ? operator.inputs.slice(1, 3) : []) {
      const weights = tensors[index];
      if (weights?.data && weights.dtype !== 'float32') asFloat(operator, weights, weights);
    }
  }
  return { ...graph, tensors, operators };
}

function realValues(operator: Operator, tensor: Tensor): Float32Array {
  const { data, dtype, shape, quantization } = tensor;
  if (dtype === 'float32') return data as Float32Array;
  const { scale, zeroPoint, axis }: Quantization = quantization ?? { scale: [], zeroPoint: [], axis: 0 };
  const isByChannel = scale.length > 1;
  if (scale.length === 0 || zeroPoint.length !== scale.length || (isByChannel && shape[axis] !== scale.length)) {
    throw new DepthwiseError(
      'MODEL_INVALID',
      `${where(operator, tensor)}: ${scale.length} scales and ${zeroPoint.length} zero points for [${shape}]; expected: one ` +
        'of each, or one for each channel. The file contradicts itself: export the model again.',
    );
  }
  const inner = elements(shape.slice(axis + 1));
  return Float32Array.from(data!, (value, i) => {
    const channel = isByChannel ? Math.floor(i / inner) % scale.length : 0;
    return (value - zeroPoint[channel]) * scale[channel];
  });
}

/**
 * An int8 graph of the same shapes, of which validation can ask all that it asks of others; its weights are 0. Graphs whose
 * operators name tensors that there are none of stay as they are.
 */
export function int8Shadow(graph: Graph): Graph {
  const { tensors, operators, inputs } = graph;
  const exists = (index: number) => index === -1 || tensors[index] !== undefined;
  const all = [...inputs, ...operators.flatMap((operator) => [...operator.inputs, ...operator.outputs])];
  if (!all.every(exists)) return graph;
  const maps = activationMaps(
    graph,
    tensors.map(() => ({ low: 0, high: 1 })),
    inputs.map(() => ({ scale: 1 / 255, zeroPoint: -128 })),
  );
  const biases = new Set(operators.filter(isWeighted).map((operator) => operator.inputs[2]));
  return {
    ...graph,
    tensors: tensors.map((tensor): Tensor => {
      const { index, dtype, data } = tensor;
      if (dtype !== 'float32') return tensor;
      if (biases.has(index)) return { ...tensor, dtype: 'int32', data: data && new Int32Array(data.length) };
      const { scale, zeroPoint } = maps.get(index) ?? { scale: 1, zeroPoint: 0 };
      const quantization = { scale: [scale], zeroPoint: [zeroPoint], axis: 0 };
      return { ...tensor, dtype: 'int8', quantization, data: data && new Int8Array(data.length) };
    }),
  };
}

/** The graph with a bias for every layer that has none: zeros. It must be valid. */
export function withBiases(graph: Graph): Graph {
  const tensors = [...graph.tensors];
  const operators = graph.operators.map((operator) => {
    if (!isWeighted(operator) || (operator.inputs[2] ?? -1) >= 0) return operator;
    const [input, filter] = operator.inputs;
    const channels = graph.tensors[operator.outputs[0]].shape.at(-1)!;
    const bias: Tensor = {
      index: tensors.length,
      name: `${graph.tensors[filter].name}:bias`,
      shape: [channels],
      dtype: 'float32',
      data: new Float32Array(channels),
    };
    tensors.push(bias);
    return { ...operator, inputs: [input, filter, bias.index] };
  });
  return { ...graph, tensors, operators };
}

/** uint8 in place of int8, for weights whose zero point int8 has no room for: kernels take one only beside uint8. */
import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, Tensor } from '../graph/graph.js';
import { where } from '../graph/graph.js';
import { isWeighted } from '../operators/index.js';

/**
 * The int8 graph itself where no weights have a zero point; else all of it in uint8, every value and zero point 128 more.
 * Throws MODEL_UNSUPPORTED where a layer has a scale for each channel, which uint8 layers cannot.
 */
export function unsigned(graph: Graph): Graph {
  const layers = graph.operators.filter(isWeighted);
  const filter = (layer: Operator) => graph.tensors[layer.inputs[1]];
  if (layers.every((layer) => filter(layer).quantization?.zeroPoint.every((value) => value === 0))) return graph;
  const wide = layers.find((layer) => (filter(layer).quantization?.scale.length ?? 1) > 1);
  if (wide) {
    const { scale } = filter(wide).quantization!;
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `${where(wide, filter(wide))}: ${scale.length} scales, beside layers whose weights have a zero point; supported: one ` +
        'kind in a model. Quantise all weights symmetrically (int8).',
    );
  }
  return { ...graph, tensors: graph.tensors.map(shifted) };
}

function shifted(tensor: Tensor): Tensor {
  if (tensor.dtype !== 'int8') return tensor;
  const { data, quantization } = tensor;
  return {
    ...tensor,
    dtype: 'uint8',
    data: data && Uint8Array.from(data, (value) => value + 128),
    quantization: quantization && { ...quantization, zeroPoint: quantization.zeroPoint.map((value) => value + 128) },
  };
}

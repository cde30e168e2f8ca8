/** ONNX ReduceMean, ReduceSum, ReduceMax, ReduceMin and GlobalAveragePool, GlobalMaxPool: reductions of NCHW, as of NHWC. */
import type { Tensor } from '../graph/graph.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { type ReduceOperator, reducedShape } from './reduce.js';

/** Where axis i of NCHW stands in NHWC. */
const TO_LAST = [0, 3, 1, 2];

/** Axes are an attribute up to operator set 12 (ReduceSum) or 17, then an input; all, where there are none. */
export function translateReduce(node: NodeTranslation, op: ReduceOperator['op']): void {
  const input = node.anyActivation();
  const rank = input.shape.length;
  const stated = node.node.attributes.get('axes')?.ints ?? Array.from(node.constant(1)?.values ?? []);
  if (stated.length === 0 && node.int('noop_with_empty_axes', 0)) throw node.unsupported('no axes', 'one at least');
  const listed = stated.length > 0 ? stated : [...input.shape.keys()];
  const own = listed.map((axis) => node.axis(Number(axis), rank));
  const isMap = rank === 4 && !node.isChannelsLast();
  const axes = [...new Set(isMap ? own.map((axis) => TO_LAST[axis]) : own)].sort((a, b) => a - b);
  writeReduce(node, op, input, axes, node.int('keepdims', 1) !== 0);
}

/** `axes` of `input` as we have it. */
export function writeReduce(
  node: NodeTranslation,
  op: ReduceOperator['op'],
  input: Tensor,
  axes: readonly number[],
  keepDims: boolean,
): void {
  const shape = reducedShape(input.shape, new Set(axes), keepDims);
  const written = node.weights('axes', [axes.length], Int32Array.from(axes));
  // Without keepdims a map's values stay in ONNX's order only where channels or all pixels are gone.
  const left = input.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const isMap = input.shape.length === 4 && !node.isChannelsLast();
  if (isMap && !keepDims && left[3] > 1 && left[1] * left[2] > 1) {
    throw node.unsupported(`axes ${axes} without keepdims`, 'keepdims 1, or axes that leave channels or pixels alone');
  }
  node.finish(node.write({ op, keepDims }, [input.index, written], shape), keepDims && node.isChannelsLast());
}

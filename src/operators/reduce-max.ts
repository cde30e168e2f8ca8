/**
 * REDUCE_MAX: the largest value over any axes of a map:
 *
 *   out[kept axes] = max over the reduced axes of in[all axes]
 *
 * input [1,H,W,C] or fewer dimensions; axes: constant int32, each once or more, negative ones from the last. keepDims leaves a
 * reduced axis in the shape, with length 1.
 *
 * Source: tflite-micro, kernels/reduce_common.cc (EvalMaxHelper) and kernels/internal/reference/reduce.h. Bytes are
 * compared as they are, so input and output share one scale and zero point.
 *
 * A maximum over height and width, channels apart, is a pool with the map as its window, for which every engine has a kernel.
 *
 * MODEL_INVALID for axes that the input does not have, MODEL_UNSUPPORTED where scales or zero points differ and where a
 * batch is reduced.
 */
import type { OperatorOf } from '../graph/graph.js';
import type { OperatorDefinition } from './definition.js';
import { mostOf } from './reduce.js';
import { translateReduce, writeReduce } from './translate-reduce.js';

type Most = OperatorOf<'REDUCE_MAX'>;

export const reduceMax: OperatorDefinition<Most> = {
  ...mostOf<Most>('greatest'),
  onnx: {
    GlobalMaxPool: { translate: (node) => writeReduce(node, 'REDUCE_MAX', node.activation(0, 4), [1, 2], true) },
    ReduceMax: { translate: (node) => translateReduce(node, 'REDUCE_MAX') },
  },
};

/**
 * REDUCE_MIN: the smallest value over any axes of a map:
 *
 *   out[kept axes] = min over the reduced axes of in[all axes]
 *
 * input [1,H,W,C] or fewer dimensions; axes: constant int32, each once or more, negative ones from the last. keepDims leaves a
 * reduced axis in the shape, with length 1.
 *
 * Source: tflite-micro, kernels/internal/reference/reduce.h, whose kernel for the largest this is turned around. Bytes are
 * compared as they are, so input and output share one scale and zero point.
 *
 * There is no pool of minima, so that all shapes go to the kernel for reductions (src/steps/reduce.ts), which
 * the full builds have.
 *
 * MODEL_INVALID for axes that the input does not have, MODEL_UNSUPPORTED where scales or zero points differ and where a
 * batch is reduced.
 */
import type { OperatorOf } from '../graph/graph.js';
import type { OperatorDefinition } from './definition.js';
import { mostOf } from './reduce.js';
import { translateReduce } from './translate-reduce.js';

type Most = OperatorOf<'REDUCE_MIN'>;

export const reduceMin: OperatorDefinition<Most> = {
  ...mostOf<Most>('least'),
  onnx: {
    ReduceMin: { translate: (node) => translateReduce(node, 'REDUCE_MIN') },
  },
};

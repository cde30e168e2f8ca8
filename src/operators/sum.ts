/**
 * SUM over any axes of a map:
 *
 *   out[kept axes] = clamp((sum of (in - zpIn) over the reduced axes) * multiplier * 2^(shift - 31) + zpOut)
 *
 * input [1,H,W,C] or fewer dimensions; axes: constant int32, negative ones from the last; keepDims leaves them with length 1.
 *
 * Source: tflite-micro, kernels/reduce_common.cc (QuantizedMeanOrSum): as a mean, but for the division.
 *
 * MODEL_INVALID for axes that the input does not have, and for ratios of scales of 2^30 and more.
 */
import type { OperatorOf } from '../graph/graph.js';
import { sumParameters } from '../kernels/reference/prepare.js';
import { reduceSum } from '../kernels/reference/reduce.js';
import { checkRescaling } from './checks.js';
import { type OperatorDefinition, type Placed, place } from './definition.js';
import { checkAxes, lowerSum, reduceFloat, reducer, reduceShape } from './reduce.js';
import { translateReduce } from './translate-reduce.js';

export const sum: OperatorDefinition<OperatorOf<'SUM'>> = {
  ...reducer,
  onnx: { ReduceSum: { translate: (node) => translateReduce(node, 'SUM') } },
  check(placed) {
    checkAxes(placed);
    checkRescaling(placed);
  },
  run(run) {
    reduceSum(run.bytes(0), run.out, parameters(run), run.rounding);
  },
  runFloat: (run) => reduceFloat(run, 0, (total, value) => total + value),
  lower: (lowering, operator) => lowerSum(lowering, operator, parameters(place(lowering.graph, operator))),
  keepsZeros: true,
};

const parameters = (placed: Placed<OperatorOf<'SUM'>>) =>
  sumParameters(placed.graph, placed.operator, reduceShape(placed), 1);

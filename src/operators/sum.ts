/** SUM over any axes of a map. */
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

/** REDUCE_MIN: the smallest value over any axes of a map. */
import type { OperatorOf } from '../graph/graph.js';
import { reduceMost } from '../kernels/reference/reduce.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { checkAxes, lowerMost, reduceFloat, reducer, reduceShape } from './reduce.js';
import { translateReduce } from './translate-reduce.js';

export const reduceMin: OperatorDefinition<OperatorOf<'REDUCE_MIN'>> = {
  ...reducer,
  onnx: { ReduceMin: { translate: (node) => translateReduce(node, 'REDUCE_MIN') } },
  check(placed) {
    checkAxes(placed);
    checkSameQuantization(placed.operator, placed.input, placed.output);
  },
  run: (run) => reduceMost(run.bytes(0), run.out, reduceShape(run), 'least'),
  runFloat: (run) => reduceFloat(run, Infinity, Math.min),
  lower: (lowering, operator) => lowerMost(lowering, operator, 'least'),
  sameMap: true,
  constants:
    () =>
    ([{ value }]) =>
      value,
  keepsZeros: true,
};

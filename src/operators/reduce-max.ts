/** REDUCE_MAX: the largest value over any axes of a map. */
import type { OperatorOf } from '../graph/graph.js';
import { reduceMost } from '../kernels/reference/reduce.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { checkAxes, lowerMost, reduceFloat, reducer, reduceShape } from './reduce.js';
import { translateReduce, writeReduce } from './translate-reduce.js';

export const reduceMax: OperatorDefinition<OperatorOf<'REDUCE_MAX'>> = {
  ...reducer,
  onnx: {
    GlobalMaxPool: { translate: (node) => writeReduce(node, 'REDUCE_MAX', node.activation(0, 4), [1, 2], true) },
    ReduceMax: { translate: (node) => translateReduce(node, 'REDUCE_MAX') },
  },
  check(placed) {
    checkAxes(placed);
    checkSameQuantization(placed.operator, placed.input, placed.output);
  },
  run: (run) => reduceMost(run.bytes(0), run.out, reduceShape(run), 'greatest'),
  runFloat: (run) => reduceFloat(run, -Infinity, Math.max),
  lower: (lowering, operator) => lowerMost(lowering, operator, 'greatest'),
  sameMap: true,
  constants:
    () =>
    ([{ value }]) =>
      value,
  keepsZeros: true,
};

/** MEAN over any axes of a map. */
import type { OperatorOf } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { sumParameters } from '../kernels/reference/prepare.js';
import { reduceSum } from '../kernels/reference/reduce.js';
import { checkRescaling } from './checks.js';
import { type OperatorDefinition, type Placed, place } from './definition.js';
import { checkAxes, lowerSum, reduceFloat, reducer, reduceShape } from './reduce.js';
import { translateReduce, writeReduce } from './translate-reduce.js';

export const mean: OperatorDefinition<OperatorOf<'MEAN'>> = {
  ...reducer,
  onnx: {
    GlobalAveragePool: { translate: (node) => writeReduce(node, 'MEAN', node.activation(0, 4), [1, 2], true) },
    ReduceMean: { translate: (node) => translateReduce(node, 'MEAN') },
  },
  check(placed) {
    checkAxes(placed);
    checkRescaling(placed);
  },
  run(run) {
    reduceSum(run.bytes(0), run.out, parameters(run), run.rounding);
  },
  runFloat(run) {
    reduceFloat(run, 0, (total, value) => total + value);
    const count = countOf(run);
    for (let i = 0; i < run.out.length; i++) run.out[i] /= count;
  },
  lower: (lowering, operator) => lowerSum(lowering, operator, parameters(place(lowering.graph, operator))),
  constants(placed, rounding) {
    const p = { ...parameters(placed), channels: 1 };
    const bytes = placed.output.dtype === 'int8' ? Int8Array : Uint8Array;
    return ([{ value }]) => {
      const results = new bytes(elements(placed.output.shape));
      reduceSum(new bytes(p.height * p.width).fill(value), results, p, rounding);
      return results[0];
    };
  },
  keepsZeros: true,
};

/** Values of a mean. */
const countOf = ({ input, output }: Placed<OperatorOf<'MEAN'>>): number =>
  elements(input.shape) / elements(output.shape);

const parameters = (placed: Placed<OperatorOf<'MEAN'>>) =>
  sumParameters(placed.graph, placed.operator, reduceShape(placed), countOf(placed));

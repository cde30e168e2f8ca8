/** PRELU: what is below 0 times a second operand, what is not as it is. */
import type { OperatorOf } from '../graph/graph.js';
import { preluOf } from '../kernels/reference/binary.js';
import { BINARY_PRELU } from '../program/layout.js';
import { arithmeticOf } from './arithmetic.js';
import type { OperatorDefinition } from './definition.js';

type Prelu = OperatorOf<'PRELU'>;

export const prelu: OperatorDefinition<Prelu> = {
  ...arithmeticOf<Prelu>({
    operation: BINARY_PRELU,
    multipliers: ([input, slope, output]) => ({ input1: input / output, output: (input * slope) / output }),
    combine: preluOf,
    real: (a, b) => (a >= 0 ? a : a * b),
  }),
  tflite: { options: 0, version: () => 1 },
};

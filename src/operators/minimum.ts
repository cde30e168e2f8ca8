/** MINIMUM: the less of two operands, whose bytes have one scale and zero point. */
import type { OperatorOf } from '../graph/graph.js';
import { BINARY_MINIMUM } from '../program/layout.js';
import { elementwise } from '../tflite/lists.js';
import { arithmeticOf } from './arithmetic.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition } from './definition.js';

type Extreme = OperatorOf<'MINIMUM'>;

const extreme = arithmeticOf<Extreme>({
  operation: BINARY_MINIMUM,
  exchanged: BINARY_MINIMUM,
  multipliers: () => ({}),
  combine: () => Math.min,
  real: Math.min,
});

export const minimum: OperatorDefinition<Extreme> = {
  ...extreme,
  tflite: { options: 39, fold: elementwise(Math.min) },
  check(placed) {
    for (const input of placed.inputs) checkSameQuantization(placed.operator, input, placed.output);
    extreme.check(placed);
  },
  sameMap: true,
  nonNegative: 'from inputs',
};

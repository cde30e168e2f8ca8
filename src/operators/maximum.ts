/** MAXIMUM: the greater of two operands, whose bytes have one scale and zero point. */
import type { OperatorOf } from '../graph/graph.js';
import { BINARY_MAXIMUM } from '../program/layout.js';
import { elementwise } from '../tflite/lists.js';
import { arithmeticOf } from './arithmetic.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition } from './definition.js';

type Extreme = OperatorOf<'MAXIMUM'>;

const extreme = arithmeticOf<Extreme>({
  operation: BINARY_MAXIMUM,
  exchanged: BINARY_MAXIMUM,
  multipliers: () => ({}),
  combine: () => Math.max,
  real: Math.max,
});

export const maximum: OperatorDefinition<Extreme> = {
  ...extreme,
  tflite: { options: 39, fold: elementwise(Math.max) },
  check(placed) {
    for (const input of placed.inputs) checkSameQuantization(placed.operator, input, placed.output);
    extreme.check(placed);
  },
  sameMap: true,
  nonNegative: 'from inputs',
};

/**
 * PRELU: what is below 0 is multiplied by a slope, all else stays:
 *
 *   out = a          a >= 0
 *         a * slope  a < 0
 *
 * a [1,H,W,C]; slope has a's shape, or axes of length 1 (or missing in front) along which it repeats: [C] or [1,1,C] is a
 * slope per channel, as Keras writes with shared_axes=[1, 2].
 *
 * Source: tflite-micro, kernels/prelu.cc and kernels/internal/reference/prelu.h. Each half has a multiplier of its own, a / out
 * and a * slope / out of the scales, and is rounded as any requantisation.
 *
 * MODEL_INVALID where the slope does not spread over a, or a ratio of scales needs a factor of 2^31 or more;
 * MODEL_UNSUPPORTED where a is a constant or shorter than the output: operands are not exchanged.
 */
import type { OperatorOf } from '../graph/graph.js';
import { preluOf } from '../kernels/reference/binary.js';
import { writeOperands } from '../onnx/operands.js';
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
  onnx: { PRelu: { translate: (node) => writeOperands(node, { op: 'PRELU' }) } },
};

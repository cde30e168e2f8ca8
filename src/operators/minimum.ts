/**
 * MINIMUM: the lesser of two operands, value by value:
 *
 *   out = min(a, b)
 *
 * a, b [1,H,W,C], of one shape, or either with axes of length 1 (or missing in front) along which its values repeat: a value
 * per channel, per pixel, or a single one. Either may be a constant; the other then has the output's shape.
 *
 * One kernel for all operators of two operands (src/steps/binary.ts) goes row by row, so that maps stream through it.
 *
 * Source: tflite-micro, kernels/maximum_minimum.h, and kernels/internal/reference/maximum_minimum.h, which
 * compare bytes: they know nothing of scales. So
 *
 * - a, b and the output must have one scale and zero point (MODEL_UNSUPPORTED: put a QUANTIZE in front of the operand that has
 *   others), with which the order of bytes is the order of real values;
 * - no multiplier is in the step's table, and no rounding option changes a byte.
 *
 * MODEL_INVALID where shapes do not spread over each other, MODEL_UNSUPPORTED where no operand has all values of the output.
 * A single constant as the second is a bound: the layer in front takes it in as its clamp, or else it is a table.
 * On lists of integers, which are shapes, it is folded at import.
 */
import type { OperatorOf } from '../graph/graph.js';
import { BINARY_MINIMUM } from '../program/layout.js';
import type { OperatorDefinition } from './definition.js';
import { extremeOf, extremes } from './extreme.js';

export const minimum: OperatorDefinition<OperatorOf<'MINIMUM'>> = {
  ...extremeOf<OperatorOf<'MINIMUM'>>(BINARY_MINIMUM, Math.min),
  onnx: { Min: extremes({ op: 'MINIMUM' }) },
};

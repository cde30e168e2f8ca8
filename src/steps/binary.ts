/** Two operands, value by value: sums, differences, products, the greater, the less, slopes below zero. */

import {
  BINARY_ADD,
  BINARY_CONSTANT,
  BINARY_MAXIMUM,
  BINARY_MINIMUM,
  BINARY_MULTIPLY,
  BINARY_PRELU,
  BINARY_PRODUCT,
  BINARY_SUBTRACT,
  BINARY_SUBTRACT_FROM,
  BINARY_SUM,
  S_IN2_ADDRESS,
  S_IN2_ROWS,
  S_IN2_STRIDE,
} from '../program/layout.js';
import { POINT, type Step, type View, viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { StepKind } from './kind.js';
import { PLAIN, sameShape, valueByValue, valuesMoved, windowRows } from './plain.js';
import { OVERREAD } from './sizes.js';

/** Layout of KIND_ADD's table: multiplier and shift, i32 each, of both operands and the output. */
const TABLE_BYTES = 24;
const SHIFTS = [4, 12, 20];

/** BINARY_* that are a whole operation. */
const OPERATIONS: readonly number[] = [
  BINARY_ADD,
  BINARY_SUBTRACT,
  BINARY_SUBTRACT_FROM,
  BINARY_MULTIPLY,
  BINARY_PRELU,
  BINARY_MAXIMUM,
  BINARY_MINIMUM,
];

type Second = Pick<View, 'height' | 'width' | 'channels' | 'zeroPoint'>;

/** Fields of a step for its operation and its second operand; `values` where that is a constant, int8. */
export function binaryFields(
  operation: number,
  second: Second,
  values?: Int8Array,
): Pick<Step, 'flags' | 'window' | 'depthMultiplier' | 'weightZeroPoint' | 'weights'> {
  return {
    flags: operation | (values ? BINARY_CONSTANT : 0),
    window: { ...POINT, padTop: second.height, padLeft: second.width },
    depthMultiplier: second.channels,
    weightZeroPoint: second.zeroPoint,
    weights: values,
  };
}

export const binary: StepKind = {
  ...PLAIN,
  name: 'binary',
  full: true,
  clamps: ({ flags }) => (flags & (BINARY_SUM | BINARY_PRODUCT)) !== 0,
  inputRows: (step, first, end) => windowRows({ ...step, window: POINT }, first, end),
  worksInPlace: (step, input) => valueByValue(step, input) && viewSize(input) === viewSize(step.output),
  scratch: ({ flags, window, depthMultiplier }) =>
    TABLE_BYTES + (flags & BINARY_CONSTANT ? window.padLeft * depthMultiplier : 0) + OVERREAD,
  ops: ({ flags, output }, rows) => {
    const value = flags & BINARY_SUM ? 130 : flags & BINARY_PRODUCT ? 75 : 20;
    return 150 * Math.ceil(output.height / rows) + value * viewSize(output);
  },
  check,
  work: ({ flags, output }) => {
    const values = viewSize(output);
    if (flags & BINARY_SUM) return { add: values };
    return flags & BINARY_PRODUCT ? { add: Math.ceil(values / 2) } : { table: values };
  },
};

function check(step: StepCheck): number {
  const { flags, window, depthMultiplier, input, output, fields } = step.record;
  const operation = flags & ~BINARY_CONSTANT;
  if (!OPERATIONS.includes(operation)) step.refuse(`operation ${operation}`, `one of ${OPERATIONS.join(', ')}`);
  sameShape(step);
  const [height, width, channels] = [window.padTop, window.padLeft, depthMultiplier];
  const fits = (axis: number, whole: number) => axis === 1 || axis === whole;
  if (!fits(height, input.height) || !fits(width, input.width) || !fits(channels, input.channels)) {
    const expected = `each axis 1 or as of ${output.height}x${output.width}x${output.channels}`;
    step.refuse(`a second operand of ${height}x${width}x${channels}`, expected);
  }
  if (flags & BINARY_CONSTANT) step.values(height * width * channels);
  else {
    const second = { height, width, channels, pixelStride: channels, rowStride: fields.u32(S_IN2_STRIDE) };
    step.rows('operand', second, S_IN2_ADDRESS, S_IN2_STRIDE, S_IN2_ROWS);
  }
  step.table(TABLE_BYTES, SHIFTS);
  return valuesMoved(step);
}

/** Operators with two operands, value by value. Either may be a constant, and has one value or all of them along each axis. */
import type { Activation, Operator, Tensor } from '../graph/graph.js';
import { elements, hwc, perTensor } from '../graph/graph.js';
import { invalid, unsupported } from '../graph/refusal.js';
import { type BinaryParameters, binary, type Combine } from '../kernels/reference/binary.js';
import { quantizeMultiplier, type Rounding } from '../kernels/reference/fixedpoint.js';
import type { Moved } from '../kernels/reference/gather.js';
import { activationClamp } from '../kernels/reference/prepare.js';
import type { Lowering } from '../lower/lowering.js';
import { offsetOf, words } from '../lower/tables.js';
import { KIND_BINARY } from '../program/layout.js';
import { asMap } from '../program/program.js';
import { binaryFields } from '../steps/binary.js';
import { type ExactRun, type FloatRun, type Placed, place } from './definition.js';

/** How an operator computes. */
interface Arithmetic {
  /** BINARY_*, and the same with the operands exchanged; none where these cannot be. */
  operation: number;
  exchanged?: number;
  /** Multipliers by the scales of both operands and the output. */
  multipliers(scales: readonly [number, number, number]): Partial<Record<'input1' | 'input2' | 'output', number>>;
  combine(p: BinaryParameters, rounding: Rounding): Combine;
  real: Combine;
}

/** Inputs, shape, arithmetic and step of an operator on two operands. */
export const arithmeticOf = <O extends Operator>(arithmetic: Arithmetic) => ({
  inputs: [2, 2] as const,
  activations: 2,
  anyShape: true,
  constantActivations: true,
  check: (placed: Placed<O>) => {
    operandsOf(placed, arithmetic);
    parametersOf(placed, arithmetic, 'double');
  },
  shape: ({ inputs: [a, b] }: Placed<O>) => shapeOf(a, b),
  run(run: ExactRun<O>) {
    const combine = arithmetic.combine(parametersOf(run, arithmetic, run.rounding), run.rounding);
    binary(...operands(run, run.values as Moved[], run.out), combine);
  },
  runFloat: (run: FloatRun<O>) => binary(...operands(run, run.values, run.out), arithmetic.real),
  lower: (lowering: Lowering, operator: O) => lower(lowering, place(lowering.graph, operator), arithmetic),
});

/** Broadcast shape: along each axis the longer of both; the shorter shape has axes of 1 in front. */
function shapeOf(a: Tensor, b: Tensor): number[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  const [one, other] = [aligned(a, rank), aligned(b, rank)];
  return one.map((length, axis) => (length === 1 ? other[axis] : length));
}

const aligned = ({ shape }: Tensor, rank: number): number[] => [
  ...Array<number>(Math.max(0, rank - shape.length)).fill(1),
  ...shape,
];

function operands({ inputs, output }: Placed, values: readonly Moved[], out: Moved) {
  const { length } = output.shape;
  const [a, b] = inputs.map((tensor, i) => ({ values: values[i], shape: aligned(tensor, length) }));
  return [a, b, { values: out, shape: output.shape }] as const;
}

/** Position of the operand that has all values of the output, and is none of the model's constants. */
function operandsOf({ operator, inputs: [a, b] }: Placed, { exchanged }: Arithmetic): 0 | 1 {
  const shape = shapeOf(a, b);
  const rank = shape.length;
  const found = `shapes [${a.shape}] and [${b.shape}]`;
  const fits = [a, b].every((tensor) =>
    aligned(tensor, rank).every((length, axis) => length === 1 || length === shape[axis]),
  );
  if (!fits) throw invalid(operator)(found, 'axes that are equal or 1', undefined, b);
  const [high] = hwc(shape);
  const heights = [a, b].map((tensor) => hwc(aligned(tensor, rank))[0]);
  if (heights.some((height) => height !== 1 && height !== high)) {
    throw unsupported(operator)(found, 'leading axes that are all of 1 or all equal', undefined, b);
  }
  const isWhole = (tensor: Tensor) => !tensor.data && elements(tensor.shape) === elements(shape);
  if (isWhole(a)) return 0;
  if (isWhole(b) && exchanged !== undefined) return 1;
  throw unsupported(operator)(found, 'one operand, computed by the model, of the shape of the output', undefined, b);
}

function parametersOf(
  { operator, inputs, output }: Placed,
  arithmetic: Arithmetic,
  rounding: Rounding,
): BinaryParameters {
  const [a, b, out] = [...inputs, output].map(perTensor);
  const { input1, input2, output: last } = arithmetic.multipliers([a.scale, b.scale, out.scale]);
  const multiplier = (real = 0) => {
    if (real < 2 ** 31) return quantizeMultiplier(real, rounding);
    throw invalid(operator)(`a ratio of scales of ${real}`, 'less than 2^31', undefined, output);
  };
  const activation: Activation = 'activation' in operator ? operator.activation : 'none';
  return {
    ...activationClamp(output, activation),
    zeroPoint1: a.zeroPoint,
    zeroPoint2: b.zeroPoint,
    outputZeroPoint: out.zeroPoint,
    input1: multiplier(input1),
    input2: multiplier(input2),
    output: multiplier(last),
  };
}

function lower(lowering: Lowering, placed: Placed, arithmetic: Arithmetic): void {
  const { operator, inputs, output } = placed;
  const p = parametersOf(placed, arithmetic, lowering.options.rounding);
  const first = operandsOf(placed, arithmetic);
  const second = inputs[1 - first];
  const [height, width, channels] = hwc(aligned(second, output.shape.length));
  const of = { height, width, channels, zeroPoint: perTensor(second).zeroPoint - offsetOf(second) };
  const values = second.data && Int8Array.from(second.data, (value) => value - offsetOf(second));
  const exchange = first === 1;
  const multipliers = exchange ? [p.input2, p.input1, p.output] : [p.input1, p.input2, p.output];
  const input2 = values ? undefined : lowering.view(operator.inputs[1 - first]);
  lowering.push({
    ...lowering.base({ ...operator, inputs: [operator.inputs[first]] }),
    kind: KIND_BINARY,
    ...(input2 && { input2: asMap(input2, height, width, channels) }),
    ...binaryFields(exchange ? arithmetic.exchanged! : arithmetic.operation, of, values),
    clampLow: p.clampLow - offsetOf(output),
    clampHigh: p.clampHigh - offsetOf(output),
    table: words(...multipliers.flatMap(({ multiplier, shift }) => [multiplier, shift])),
  });
}

/**
 * Multipliers of a sum: both operands brought to twice the greater scale with 20 bits to spare, then to the output's
 * scale.
 */
export function sumMultipliers([a, b, output]: readonly [number, number, number]) {
  const common = 2 * Math.max(a, b);
  return { input1: a / common, input2: b / common, output: common / (2 ** 20 * output) };
}

/** Sums have 20 bits of headroom. */
export function checkSum({ operator, inputs, output }: Placed): void {
  const [a, b, to] = [...inputs, output].map((tensor) => perTensor(tensor).scale);
  const factor = sumMultipliers([a, b, to]).output;
  if (factor > 0 && factor < 1) return;
  throw invalid(operator)('an output scale far below the input scales', 'within a factor of 2^19', undefined, output);
}

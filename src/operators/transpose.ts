/**
 * TRANSPOSE: the axes in another order, one of the input for each of the output:
 *
 *   out[i0, i1, ...] = in[j0, j1, ...], j of axis axes[k] = i of axis k
 *
 * A step copies along nested loops (src/steps/permute.ts), one for each axis. Where axes of 1 alone move, bytes stay where they are
 * and there is none; what reads the output alone may take the values from where they stand (src/operators/permuted.ts).
 *
 * Source: tflite-micro, kernels/internal/reference/transpose.h.
 *
 * Input and output share one scale and zero point: MODEL_UNSUPPORTED where they differ, and beyond five dimensions.
 */
import { type OperatorOf, strides } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import { isUnmoved, joined, type Loop } from '../program/loops.js';
import { common, sameChannels } from './channels.js';
import { checkSameQuantization, int32Values } from './checks.js';
import type { OperatorDefinition, Placed } from './definition.js';
import { permuteOf } from './permuted.js';
import { sameBytes } from './same-bytes.js';

type Transpose = OperatorOf<'TRANSPOSE'>;

/** For each axis of the output that of the input. */
const axesOf = ({ inputs: [, axes] }: Placed<Transpose>): number[] => Array.from(axes.data!);

function loopsOf(placed: Placed<Transpose>): Loop[] {
  const { shape } = placed.input;
  const steps = strides(shape);
  return axesOf(placed).map((axis) => ({ count: shape[axis], step: steps[axis] }));
}

export const transpose: OperatorDefinition<Transpose> = {
  ...permuteOf(loopsOf),
  tflite: {
    options: 26,
    version({ input }) {
      if (input.shape.length > 4) return 4;
      return input.dtype === 'int8' ? 2 : 1;
    },
  },
  inputs: [2, 2],
  anyShape: true,
  check({ operator, input, inputs: [, axes], output }) {
    const rank = input.shape.length;
    const values = [...int32Values(operator, axes).subarray(0, 8)];
    const isOrder =
      values.length === rank && values.every((axis, i) => axis >= 0 && axis < rank && values.indexOf(axis) === i);
    if (!isOrder) {
      throw invalid(operator)(`axes [${values}] of [${input.shape}]`, `each of ${rank} axes once`, undefined, axes);
    }
    checkSameQuantization(operator, input, output);
  },
  shape: (placed) => axesOf(placed).map((axis) => placed.input.shape[axis]),
  sameMap: true,
  nonNegative: 'from inputs',
  links(placed) {
    if (isUnmoved(joined(loopsOf(placed)))) return sameBytes.links(placed);
    const axes = axesOf(placed);
    return axes.at(-1) === axes.length - 1 ? sameChannels(placed) : undefined;
  },
  constants: () => (all) => common(all.map(({ value }) => value)),
  keepsZeros: true,
};

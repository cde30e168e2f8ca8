/**
 * EXPAND_DIMS: a dimension of 1 more, at the axis of the output that a constant says; the bytes stay as they are, and there is no step.
 *
 * Source: tflite-micro, micro/kernels/expand_dims.cc.
 */
import { fromFront, type OperatorOf } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import { unchanged } from '../tflite/lists.js';
import { checkSameQuantization, int32Values } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { sameBytes } from './same-bytes.js';

export const expandDims: OperatorDefinition<OperatorOf<'EXPAND_DIMS'>> = {
  ...sameBytes,
  tflite: { options: 52, version: () => 1, fold: unchanged(2, 2) },
  inputs: [2, 2],
  check({ operator, input, inputs: [, axes], output }) {
    const [stated, ...others] = int32Values(operator, axes);
    const rank = input.shape.length + 1;
    const axis = fromFront(stated, rank);
    if (others.length > 0 || !(axis >= 0 && axis < rank)) {
      const found = `axes [${[stated, ...others].slice(0, 8)}]`;
      throw invalid(operator)(found, `one axis of ${rank} dimensions`, undefined, axes);
    }
    const expanded = input.shape.toSpliced(axis, 0, 1);
    if (String(expanded) !== String(output.shape)) {
      throw invalid(operator)(`[${input.shape}] becomes [${output.shape}]`, `[${expanded}]`, undefined, output);
    }
    checkSameQuantization(operator, input, output);
  },
  nonNegative: 'from inputs',
};

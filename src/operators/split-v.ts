/** SPLIT_V: an axis in pieces of given lengths, each of them an output. */
import type { OperatorOf } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import { int32Values } from './checks.js';
import type { OperatorDefinition, Placed } from './definition.js';
import { axisOf, checkAxis, type Pieces, piecesOptions, splitter } from './pieces.js';

type SplitV = OperatorOf<'SPLIT_V'>;

/** One of the lengths may be -1: what the others leave. */
function piecesOf(placed: Placed<SplitV>): Pieces {
  const { input, inputs } = placed;
  const [, lengths, axisTensor] = inputs;
  const axis = axisOf(placed, axisTensor);
  const stated = [...lengths.data!];
  const rest = stated.reduce((left, length) => left - Math.max(0, length), input.shape[axis]);
  return { axis, lengths: stated.map((length) => (length === -1 ? rest : length)) };
}

export const splitV: OperatorDefinition<SplitV> = {
  ...splitter<SplitV>(piecesOf),
  tflite: piecesOptions(79),
  inputs: [3, 3],
  check(placed) {
    const { operator, input, inputs, outputs } = placed;
    checkAxis(placed, inputs[2]);
    const stated = int32Values(operator, inputs[1]);
    const { axis, lengths } = piecesOf(placed);
    const sum = lengths.reduce((all, length) => all + length, 0);
    const isWhole = sum === input.shape[axis] && lengths.every((length) => length > 0);
    if (isWhole && lengths.length === outputs.length) return;
    const found = `lengths ${stated.subarray(0, 16).join(', ')} of ${outputs.length} outputs`;
    throw invalid(operator)(found, `one of each, ${input.shape[axis]} in all`, undefined, inputs[1]);
  },
};

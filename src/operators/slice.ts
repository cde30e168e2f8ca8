/** SLICE: a box of the input, from a first place on as many as a size says along each axis. */
import type { OperatorOf, Tensor } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import type { FoldLists } from '../tflite/lists.js';
import { checkSameQuantization, int32Values } from './checks.js';
import type { OperatorDefinition, Placed } from './definition.js';
import { inOrder, taken } from './gathered.js';

type Slice = OperatorOf<'SLICE'>;

/** First place and number of places along each axis; a size of -1 is all that are left. */
function boxOf({ input, inputs: [, begin, size] }: Placed<Slice>): { first: number; count: number }[] {
  const [firsts, counts] = [begin, size].map(({ data }) => data as Int32Array);
  return input.shape.map((length, axis) => {
    const first = firsts[axis];
    return { first, count: counts[axis] === -1 ? length - first : counts[axis] };
  });
}

/** A part of a list. */
const fold: FoldLists = {
  inputs: [3, 3],
  evaluate([{ values, rank }, begin, size]) {
    if (rank !== 1 || begin.values.length !== 1 || size.values.length !== 1) return undefined;
    const [first] = begin.values;
    return first < 0 ? undefined : values.slice(first, size.values[0] < 0 ? undefined : first + size.values[0]);
  },
};

export const slice: OperatorDefinition<Slice> = {
  ...taken<Slice>(
    (placed) => boxOf(placed).map(({ first, count }) => inOrder(count).map((i) => first + i)),
    ({ inputs: [, begin, size] }) => begin.data!.at(-1) === 0 && size.data!.at(-1) === -1,
  ),
  tflite: { options: 48, fold },
  inputs: [3, 3],
  check(placed) {
    const { operator, input, inputs, output } = placed;
    const [begin, size] = inputs.slice(1).map((tensor) => listOf(operator, tensor, input));
    const isInside = boxOf(placed).every(
      ({ first, count }, axis) => first >= 0 && count >= 1 && first + count <= input.shape[axis],
    );
    if (!isInside) {
      const found = `[${size}] from [${begin}] on of [${input.shape}]`;
      throw invalid(operator)(found, 'a part of the input', undefined, inputs[1]);
    }
    checkSameQuantization(operator, input, output);
  },
  shape: (placed) => boxOf(placed).map(({ count }) => count),
};

/** A value for each axis. */
function listOf(operator: Slice, tensor: Tensor, input: Tensor): Int32Array {
  const values = int32Values(operator, tensor);
  if (values.length === input.shape.length) return values;
  throw invalid(operator)(`${values.length} values`, `one for each axis of [${input.shape}]`, undefined, tensor);
}

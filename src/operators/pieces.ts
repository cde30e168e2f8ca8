/** Shared by operators that cut an axis into pieces, each of them an output. */
import type { Operator, Tensor } from '../graph/graph.js';
import { fromFront } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import type { OptionsReader } from '../tflite/options.js';
import { checkSameQuantization, int32Values } from './checks.js';
import type { Placed } from './definition.js';
import { inOrder, taken } from './gathered.js';

/** One axis, counted from the front; how long each output is along it. */
export interface Pieces {
  axis: number;
  lengths: readonly number[];
}

/** Most outputs: as many as a model may have. */
const MOST_PIECES = 256;
const OPTIONS = { count: 0 } as const;

/** `options` is the type of the options table, which only counts the outputs. */
export const piecesOptions = (options: number) => ({
  options,
  read(reader: OptionsReader): object {
    const count = reader.int32(OPTIONS.count);
    if (count === reader.outputs.length) return {};
    throw reader.contradiction(`${count} pieces`, `as many as outputs, ${reader.outputs.length}`);
  },
  write: ({ outputs }: Placed) => ({ [OPTIONS.count]: { int32: outputs.length } }),
});

/** All of a definition that follows from the pieces. */
export const splitter = <O extends Operator>(piecesOf: (placed: Placed<O>) => Pieces) => ({
  ...taken<O>(
    (placed, output) => {
      const { axis, lengths } = piecesOf(placed);
      const first = lengths.slice(0, output).reduce((sum, length) => sum + length, 0);
      return placed.input.shape.map((length, i) =>
        i === axis ? inOrder(lengths[output]).map((place) => first + place) : inOrder(length),
      );
    },
    (placed) => piecesOf(placed).axis !== placed.input.shape.length - 1,
  ),
  outputs: [1, MOST_PIECES] as const,
  shape(placed: Placed<O>, output: number) {
    const { axis, lengths } = piecesOf(placed);
    return placed.input.shape.map((length, i) => (i === axis ? lengths[output] : length));
  },
});

/** The axis that a tensor holds, counted from the front. */
export const axisOf = ({ input }: Placed, tensor: Tensor): number => fromFront(tensor.data![0], input.shape.length);

/** A tensor names one axis of the input, and outputs keep its scale. @throws DepthwiseError. */
export function checkAxis(placed: Placed, tensor: Tensor): void {
  const { operator, input, outputs } = placed;
  const values = int32Values(operator, tensor);
  const axis = axisOf(placed, tensor);
  if (values.length !== 1 || axis < 0 || axis >= input.shape.length) {
    const found = `axis ${values.subarray(0, 8).join(', ')} of [${input.shape}]`;
    throw invalid(operator)(found, 'one of its axes', undefined, tensor);
  }
  for (const output of outputs) checkSameQuantization(operator, input, output);
}

/** Operators that take rows, pixels and channels of a map by their places, and nothing or one byte between them. */
import type { Operator, Tensor } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import type { Bytes } from '../kernels/reference/bytes.js';
import { gather } from '../kernels/reference/gather.js';
import type { Lowering } from '../lower/lowering.js';
import { offsetOf } from '../lower/tables.js';
import { KIND_GATHER, NOTHING } from '../program/layout.js';
import { asMap } from '../program/program.js';
import { gatherFields, type Indices } from '../steps/gather.js';
import { sameChannels } from './channels.js';
import { type ExactRun, type FloatRun, type Link, type Placed, place } from './definition.js';

/** Places in the input; a value for those that are NOTHING, the output's zero point without it. */
export interface Gathered extends Indices {
  fill?: number;
}

/** Where each of `length` outputs stands that begin `before` inputs ahead of the first of `size`. */
export const shifted = (size: number, length: number, before: number): number[] =>
  Array.from({ length }, (_, i) => (i >= before && i < before + size ? i - before : NOTHING));

/** 0, 1, 2, ... */
export const inOrder = (length: number): number[] => shifted(length, length, 0);

/** Rows, pixels and channels by a list of places for each axis of the input: all axes before the last two are rows. */
export function alongAxes({ shape }: Tensor, places: readonly (readonly number[])[]): Indices {
  const rank = shape.length;
  const [columns, channels] = [places[rank - 2] ?? [0], places[rank - 1]];
  let rows = [0];
  for (const [axis, list] of places.slice(0, -2).entries()) {
    const join = (row: number, place: number) =>
      row === NOTHING || place === NOTHING ? NOTHING : row * shape[axis] + place;
    rows = rows.flatMap((row) => list.map((place) => join(row, place)));
  }
  return { rows, columns, channels };
}

/** The input as a map whose rows are all axes before the last two. */
const sizeOf = ({ shape }: Tensor) => ({ inputWidth: shape.at(-2) ?? 1, inputChannels: shape.at(-1)! });

/** Arithmetic, and a step for each output, whose number `indices` is given. */
export const gatherOf = <O extends Operator>(indices: (placed: Placed<O>, output: number) => Gathered) => ({
  run(run: ExactRun<O>) {
    for (const [i, output] of run.outputs.entries()) {
      const gathered = indices(run, i);
      const fill = gathered.fill ?? perTensor(output).zeroPoint;
      gather(run.bytes(0), run.results[i] as Bytes, { ...sizeOf(run.input), ...gathered, none: NOTHING, fill });
    }
  },
  runFloat(run: FloatRun<O>) {
    for (const i of run.outputs.keys()) {
      const gathered = indices(run, i);
      gather(run.values[0], run.results[i], {
        ...sizeOf(run.input),
        ...gathered,
        none: NOTHING,
        fill: gathered.fill ?? 0,
      });
    }
  },
  lower(lowering: Lowering, operator: O) {
    const placed = place(lowering.graph, operator);
    for (const [i, output] of placed.outputs.entries()) {
      const gathered = indices(placed, i);
      const { rows, columns, channels } = gathered;
      const fill = (gathered.fill ?? perTensor(output).zeroPoint) - offsetOf(output);
      const from = lowering.view(operator.inputs[0]);
      const to = asMap(lowering.view(output.index), rows.length, columns.length, channels.length);
      const last = i === placed.outputs.length - 1;
      lowering.push({
        kind: KIND_GATHER,
        name: output.name,
        operators: last ? [operator.index] : [],
        ...gatherFields(from, to, gathered, fill),
      });
    }
  },
});

/**
 * All of a definition whose outputs are some of the input's places along each axis, but for what it takes and its shapes.
 * `keepsChannels` says whether all channels come out, however many there are.
 */
export const taken = <O extends Operator>(
  placesOf: (placed: Placed<O>, output: number) => readonly (readonly number[])[],
  keepsChannels: (placed: Placed<O>) => boolean,
) => ({
  ...gatherOf<O>((placed, output) => alongAxes(placed.input, placesOf(placed, output))),
  anyShape: true,
  sameMap: true,
  nonNegative: 'from inputs' as const,
  links: (placed: Placed<O>): Link[] | undefined =>
    keepsChannels(placed)
      ? placed.outputs.flatMap((_, output) => sameChannels(placed).map((link) => ({ ...link, output })))
      : undefined,
  constants:
    () =>
    ([{ value }]: readonly { value: number }[]) =>
      value,
  keepsZeros: true,
});

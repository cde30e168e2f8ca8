/** Operators that take rows, pixels and channels of a map by their places, and nothing or one byte between them. */
import type { Operator } from '../graph/graph.js';
import { hwc, perTensor } from '../graph/graph.js';
import { gather } from '../kernels/reference/gather.js';
import type { Lowering } from '../lower/lowering.js';
import { offsetOf } from '../lower/tables.js';
import { KIND_GATHER, NOTHING } from '../program/layout.js';
import { gatherFields, type Indices } from '../steps/gather.js';
import { type ExactRun, type FloatRun, type Placed, place } from './definition.js';

/** Places in the input; a value for those that are NOTHING, the output's zero point without it. */
export interface Gathered extends Indices {
  fill?: number;
}

/** Where each of `length` outputs stands that begin `before` inputs ahead of the first of `size`. */
export const shifted = (size: number, length: number, before: number): number[] =>
  Array.from({ length }, (_, i) => (i >= before && i < before + size ? i - before : NOTHING));

/** 0, 1, 2, ... */
export const inOrder = (length: number): number[] => shifted(length, length, 0);

const parametersOf = ({ input }: Placed, { rows, columns, channels }: Gathered) => {
  const [, inputWidth, inputChannels] = hwc(input.shape);
  return { inputWidth, inputChannels, rows, columns, channels, none: NOTHING };
};

/** What it computes, and its step. */
export const gatherOf = <O extends Operator>(indices: (placed: Placed<O>) => Gathered) => ({
  run(run: ExactRun<O>) {
    const gathered = indices(run);
    const fill = gathered.fill ?? perTensor(run.output).zeroPoint;
    gather(run.bytes(0), run.out, { ...parametersOf(run, gathered), fill });
  },
  runFloat(run: FloatRun<O>) {
    const gathered = indices(run);
    gather(run.values[0], run.out, { ...parametersOf(run, gathered), fill: gathered.fill ?? 0 });
  },
  lower(lowering: Lowering, operator: O) {
    const placed = place(lowering.graph, operator);
    const base = lowering.base(operator);
    const gathered = indices(placed);
    const fill = (gathered.fill ?? perTensor(placed.output).zeroPoint) - offsetOf(placed.output);
    lowering.push({ ...base, kind: KIND_GATHER, ...gatherFields(base.input, base.output, gathered, fill) });
  },
});

/** Arithmetic on shapes, as converters leave it in a model whose batch size was open: integers, scalars or lists of a few. */
import type { Table } from './read.js';

/** More values than any list of dimensions, axes or indices has. */
export const MOST_VALUES = 64;

/** Values of a list or, of one, a scalar; `rank` tells the two apart. */
export interface List {
  values: readonly number[];
  rank: number;
}

/** An operator's arithmetic on lists. */
export interface FoldLists {
  inputs: readonly [least: number, most: number];
  /** undefined where it is more than lists can say. */
  evaluate(inputs: readonly List[], options: Table | undefined): readonly number[] | undefined;
}

/** Two lists of one length, or a list and one value. `activation`: the slot of a fused one, which would change values. */
export const elementwise = (apply: (a: number, b: number) => number, activation?: number): FoldLists => ({
  inputs: [2, 2],
  evaluate([a, b], options) {
    if (activation !== undefined && options?.int8(activation)) return undefined;
    const length = Math.max(a.values.length, b.values.length);
    if ([a, b].some(({ values }) => values.length !== 1 && values.length !== length)) return undefined;
    const at = ({ values }: List, i: number) => values[values.length === 1 ? 0 : i];
    return Array.from({ length }, (_, i) => apply(at(a, i), at(b, i)));
  },
});

/** The values as they are, whatever other inputs say of their shape. */
export const unchanged = (...inputs: [least: number, most: number]): FoldLists => ({
  inputs,
  evaluate: ([{ values }]) => values,
});

/** Whether the axis in a slot is the lists' one axis. */
export function isAlongLists(options: Table | undefined, slot: number): boolean {
  const axis = options?.int32(slot) ?? 0;
  return axis === 0 || axis === -1;
}

export const joined = (inputs: readonly List[]): readonly number[] => inputs.flatMap(({ values }) => values);

/** How channels go through operators. */
import { channelsOf } from '../graph/graph.js';
import type { Arrival, ConstantOf, Link, Placed } from './definition.js';

/** Channel c of an input is channel c of the output. */
export const sameChannels = ({ output }: Placed, input = 0): Link[] =>
  Array.from({ length: channelsOf(output) }, (_, c) => ({ input, from: c, to: c }));

/** The one value of all, or undefined where they differ. */
export const common = ([first, ...others]: readonly number[]): number | undefined =>
  others.every((value) => value === first) ? first : undefined;

/** A value as the tensor's dtype has it. */
export const asByte = ({ output }: Placed, value: number): number =>
  output.dtype === 'int8' ? (value << 24) >> 24 : value & 255;

/** By a table of raw bytes. */
export function byTable(placed: Placed, table: Uint8Array): ConstantOf {
  return ([{ value }]: readonly Arrival<number>[]) => asByte(placed, table[value & 255]);
}

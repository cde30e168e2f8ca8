/**
 * How channels go through operators without weights, for the elimination of dead ones (src/compile/dead-channels.ts):
 * which channel goes where, and what becomes of a byte that all of a channel holds.
 *
 *   links      sameChannels, where every channel stays in its place; of several inputs one list each
 *   constants  byTable, where bytes go through a table; common, where bytes only move
 *
 * An operator whose channels go another way writes its links down itself (src/operators/concatenation.ts); one that
 * mixes them has none, and keeps all.
 * Constants are bytes as the tensor's dtype has them, not raw ones.
 */
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

/** The constant that a table of raw bytes makes of a constant. */
export function byTable(placed: Placed, table: Uint8Array): ConstantOf {
  return ([{ value }]: readonly Arrival<number>[]) => asByte(placed, table[value & 255]);
}

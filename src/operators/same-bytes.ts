/**
 * Operators that give their input another shape: the bytes stay as they are, in the same buffer, and nothing is
 * computed. Such operators have no step.
 */
import { channelsOf, elements, type Operator } from '../graph/graph.js';
import type { Lowering } from '../lower/lowering.js';
import { unmoved } from '../program/loops.js';
import { common } from './channels.js';
import type { Arrival, ExactRun, FloatRun, Link, Placed } from './definition.js';
import { lowerOrder } from './permuted.js';

/** All of a definition that follows from it. */
export const sameBytes = {
  /** The file alone says it. */
  shape: () => undefined,
  run: ({ bytes, out }: ExactRun) => out.set(bytes(0)),
  runFloat: ({ values: [input], out }: FloatRun) => out.set(input),
  lower: (lowering: Lowering, operator: Operator) =>
    lowerOrder(lowering, operator, unmoved(elements(lowering.graph.tensors[operator.outputs[0]].shape))),
  isView: true,
  anyShape: true,
  takesOrder: () => true,
  sameMap: true,
  /**
   * The bytes keep their order. So byte i is of channel i mod C before and i mod D behind, if one divides the other.
   */
  links({ input, output }: Placed): Link[] | undefined {
    const [before, behind] = [channelsOf(input), channelsOf(output)];
    const most = Math.max(before, behind);
    if (most % before || most % behind) return undefined;
    return Array.from({ length: most }, (_, i) => ({ input: 0, from: i % before, to: i % behind }));
  },
  constants: () => (all: readonly Arrival<number>[]) => common(all.map(({ value }) => value)),
  keepsZeros: true,
};

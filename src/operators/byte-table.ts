/** Operators that map a byte to a byte, whatever stands beside it: one table, and no kernel of their own. */
import type { Operator } from '../graph/graph.js';
import type { Rounding } from '../kernels/reference/fixedpoint.js';
import { lookup } from '../kernels/reference/lookup.js';
import { floatTable } from '../kernels/reference/tables.js';
import type { Lowering } from '../lower/lowering.js';
import { int8Table } from '../lower/tables.js';
import { KIND_LUT } from '../program/layout.js';
import { byTable, sameChannels } from './channels.js';
import { type OperatorDefinition, type Placed, place } from './definition.js';

export interface ByteTable<O extends Operator> {
  /** The function on real values. */
  real(value: number, operator: O): number;
  /** The output's raw byte by the input's (value & 255), in their own dtypes. Without it: what floatTable makes of `real`. */
  table?(placed: Placed<O>, rounding: Rounding): Uint8Array;
}

type TablePart = 'inputs' | 'anyShape' | 'run' | 'runFloat' | 'lower' | 'links' | 'constants';

/** All of a definition that follows from a table: arithmetic, lowering, channels. */
export function byteTable<O extends Operator>({
  real,
  table = ({ operator, input, output }) => floatTable(input, output, (value) => real(value, operator)),
}: ByteTable<O>): Required<Pick<OperatorDefinition<O>, TablePart>> {
  return {
    inputs: [1, 1],
    anyShape: true,
    run: (run) => lookup(run.bytes(0), run.out, table(run, run.rounding)),
    runFloat: ({ values: [input], operator, out }) => {
      for (let i = 0; i < out.length; i++) out[i] = real(input[i], operator);
    },
    lower: (lowering, operator) => {
      const placed = place(lowering.graph, operator);
      pushTable(lowering, placed, table(placed, lowering.options.rounding));
    },
    links: (placed) => sameChannels(placed),
    constants: (placed, rounding) => byTable(placed, table(placed, rounding)),
  };
}

/** A step that looks every byte up. `table` has the dtypes of the operator's tensors. */
export function pushTable(lowering: Lowering, { operator, input, output }: Placed, table: Uint8Array): void {
  lowering.push({ ...lowering.base(operator), kind: KIND_LUT, table: int8Table(table, input, output) });
}

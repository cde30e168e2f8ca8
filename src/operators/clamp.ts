/** Operators that are an activation: values below a bound and above another become the bound. */
import { type Operator, perTensor } from '../graph/graph.js';
import { clampTable } from '../kernels/reference/tables.js';
import type { Lowering } from '../lower/lowering.js';
import { clampOf, int8Table } from '../lower/tables.js';
import { kindOf } from '../steps/index.js';
import { byteTable, pushTable } from './byte-table.js';
import { checkRescaling } from './checks.js';
import { type Placed, place } from './definition.js';

type Bounds = readonly [low: number, high: number];

/** All of a definition that follows from the bounds. */
export function clamp<O extends Operator>([low, high]: Bounds) {
  const table = ({ input, output }: Placed<O>, rounding: 'double' | 'single') =>
    clampTable(input, output, [low, high], rounding);
  return {
    ...byteTable<O>({ table, real: (value) => Math.min(high, Math.max(low, value)) }),
    bounds: [low, high] as Bounds,
    check: checkRescaling,
    lower(lowering: Lowering, operator: O) {
      const placed = place(lowering.graph, operator);
      pushClamp(lowering, placed, table(placed, lowering.options.rounding));
    },
  };
}

/** Lowers a table of values between bounds, in the dtypes of the operator's tensors. */
export function pushClamp(lowering: Lowering, placed: Placed, table: Uint8Array): void {
  if (!intoLayerBefore(lowering, placed, table)) pushTable(lowering, placed, table);
}

/** The layer before takes it where both tensors are quantised alike, so that the table is nothing but a clamp. */
function intoLayerBefore(lowering: Lowering, { operator, input, output }: Placed, table: Uint8Array): boolean {
  const last = lowering.steps[lowering.steps.length - 1];
  const [from, to] = [input, output].map(perTensor);
  const alike = from.scale === to.scale && from.zeroPoint === to.zeroPoint;
  const bounds = alike ? clampOf(int8Table(table, input, output)) : undefined;
  const writesInput = last?.output === lowering.views.get(input.index) && kindOf(last).clamps?.(last);
  const isOnly = lowering.onlyConsumer(input.index) === operator;
  if (!lowering.options.fuse || !bounds || !writesInput || !isOnly) return false;
  // Bounds that do not meet leave one value, which is neither's to make.
  if (bounds.low > last.clampHigh || bounds.high < last.clampLow) return false;
  last.clampLow = Math.max(last.clampLow, bounds.low);
  last.clampHigh = Math.min(last.clampHigh, bounds.high);
  last.operators.push(operator.index);
  last.name = output.name;
  lowering.views.set(output.index, last.output);
  return true;
}

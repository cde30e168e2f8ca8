/** The input's bytes in another order. */

import { MOST_LOOPS } from '../program/layout.js';
import { joined, type Loop } from '../program/loops.js';
import type { Step, View } from '../program/program.js';
import { viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { StepKind } from './kind.js';
import { PLAIN, valuesMoved } from './plain.js';
import { OVERREAD } from './sizes.js';
import { onceFor, type RowRange, rowWindow } from './windows.js';

interface RowLoop {
  count: number;
  rows: number;
  bytes: number;
}

const LOOP_BYTES = 12;

/**
 * What a step has of loops; undefined where they go across the input's rows in a way that rows and bytes cannot tell, or are more
 * than MOST_LOOPS: then the input has to be seen as a single row.
 */
export function permuteFields(input: View, loops: readonly Loop[]): Pick<Step, 'table' | 'outChunk'> | undefined {
  const rowBytes = input.width * input.channels;
  const byRow = joined(loops).map((loop) => inRows(loop, input.height === 1 ? Number.POSITIVE_INFINITY : rowBytes));
  const found = byRow.flatMap((parts) => parts ?? []);
  const furthest = found.reduce((sum, { count, bytes }) => sum + (count - 1) * bytes, 0);
  if (byRow.includes(undefined) || found.length > MOST_LOOPS || furthest >= rowBytes) return undefined;
  const values = found.flatMap(({ count, rows, bytes }) => [count, rows, bytes]);
  return { table: new Uint8Array(Uint32Array.from(values).buffer), outChunk: found.length };
}

function inRows({ count, step }: Loop, rowBytes: number): RowLoop[] | undefined {
  if (step % rowBytes === 0 && step > 0) return [{ count, rows: step / rowBytes, bytes: 0 }];
  if (count * step <= rowBytes) return [{ count, rows: 0, bytes: step }];
  const inside = rowBytes / step;
  if (!Number.isInteger(inside) || count % inside !== 0) return undefined;
  return [
    { count: count / inside, rows: 1, bytes: 0 },
    { count: inside, rows: 0, bytes: step },
  ];
}

const windowOf = onceFor(({ table, output }: Step) => {
  const values = new Uint32Array(table!.slice().buffer);
  const loops = Array.from({ length: values.length / 3 }, (_, i) => ({
    count: values[3 * i],
    rows: values[3 * i + 1],
  }));
  const bytes = output.width * output.channels;
  return rowWindow(
    Array.from({ length: output.height }, (_, y) => {
      const [least, most] = rowsAt(loops, y * bytes, (y + 1) * bytes - 1);
      return [least, most + 1] as RowRange;
    }),
  );
});

/** The least and the greatest input row of output bytes [first, last]. */
function rowsAt(loops: readonly Omit<RowLoop, 'bytes'>[], first: number, last: number): [least: number, most: number] {
  if (loops.length === 0) return [0, 0];
  const [{ rows }, ...inner] = loops;
  const size = inner.reduce((product, { count }) => product * count, 1);
  const [from, to] = [Math.floor(first / size), Math.floor(last / size)];
  const part = (digit: number): [number, number] => {
    const start = digit === from ? first % size : 0;
    const end = digit === to ? last % size : size - 1;
    return rowsAt(inner, start, end).map((row) => row + digit * rows) as [number, number];
  };
  // Steps lead forwards: between the first, the second and the last ones nothing is further out.
  const parts = [from, Math.min(from + 1, to), Math.max(to - 1, from), to].map(part);
  return [Math.min(...parts.map(([least]) => least)), Math.max(...parts.map(([, most]) => most))];
}

export const permute: StepKind = {
  ...PLAIN,
  name: 'permute',
  full: true,
  inputRows: (step, first, end) => windowOf(step)(first, end),
  scratch: ({ outChunk }) => (LOOP_BYTES + 4) * outChunk + OVERREAD,
  check,
  work: ({ output }) => ({ table: viewSize(output), padRow: output.height * output.width }),
};

function check(step: StepCheck): number {
  const { input, output, outChunk } = step.record;
  if (outChunk === 0 || outChunk > MOST_LOOPS) step.refuse(`${outChunk} loops`, `1 to ${MOST_LOOPS}`);
  const table = step.tableView(LOOP_BYTES * outChunk);
  let [values, row, byte] = [1, 0, 0];
  for (let at = 0; at < LOOP_BYTES * outChunk; at += LOOP_BYTES) {
    const count = table.u32(at);
    values *= count;
    row += (count - 1) * table.u32(at + 4);
    byte += (count - 1) * table.u32(at + 8);
  }
  if (values !== viewSize(output)) step.refuse(`loops over ${values} values`, `${viewSize(output)}`);
  if (row >= input.height || byte >= input.width * input.channels) {
    step.refuse(`loops to byte ${byte} of row ${row}`, `them inside ${input.height}x${input.width}x${input.channels}`);
  }
  return valuesMoved(step);
}

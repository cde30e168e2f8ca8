/** Rows, pixels and channels of the input by three lists of indices. */

import { NOTHING } from '../program/layout.js';
import type { Step, View } from '../program/program.js';
import { viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { StepKind } from './kind.js';
import { PLAIN, valuesMoved } from './plain.js';
import { OVERREAD } from './sizes.js';
import { onceFor, rowWindow } from './windows.js';

/** For every row, pixel and channel of the output the input's, or NOTHING. */
export interface Indices {
  rows: readonly number[];
  columns: readonly number[];
  channels: readonly number[];
}

/** Channels that follow one another in input and output, or are filled. */
type Run = [channel: number, count: number];

/** Fields of a step for its indices. `fill`: the byte that NOTHING stands for, as int8. */
export function gatherFields(
  input: View,
  output: View,
  indices: Indices,
  fill: number,
): Pick<Step, 'input' | 'output' | 'table' | 'outChunk' | 'clampLow'> {
  const byRow = wholeRows(input, output, indices);
  const { columns, runs } = byRow ?? { columns: indices.columns, runs: runsOf(indices.channels) };
  const values = [...indices.rows, ...columns, ...runs.flat()];
  return {
    input: byRow ? asPixel(input) : input,
    output: byRow ? asPixel(output) : output,
    table: new Uint8Array(Uint16Array.from(values).buffer),
    outChunk: runs.length,
    clampLow: fill,
  };
}

/** Rows as single pixels, whose channels are all of their bytes: where that leaves fewer runs than there were pixels. */
function wholeRows(
  input: View,
  output: View,
  { columns, channels }: Indices,
): { columns: number[]; runs: Run[] } | null {
  const bytes = Math.max(input.width * input.channels, output.width * output.channels);
  if (output.pixelStride !== output.channels || output.width === 1 || bytes >= NOTHING) return null;
  const runs = runsOf(
    columns.flatMap((column) =>
      channels.map((channel) =>
        column === NOTHING || channel === NOTHING ? NOTHING : column * input.channels + channel,
      ),
    ),
  );
  return runs.length < columns.length ? { columns: [0], runs } : null;
}

const asPixel = (view: View): View => {
  const bytes = view.width * view.channels;
  return { ...view, width: 1, channels: bytes, pixelStride: bytes };
};

function runsOf(channels: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const channel of channels) {
    const last = runs.at(-1);
    const next = last && (last[0] === NOTHING ? NOTHING : last[0] + last[1]);
    if (last && channel === next) last[1]++;
    else runs.push([channel, 1]);
  }
  return runs;
}

const windowOf = onceFor(({ table, output }: Step) => {
  const rows = new Uint16Array(table!.slice(0, 2 * output.height).buffer);
  return rowWindow(Array.from(rows, (row) => (row === NOTHING ? [0, 0] : [row, row + 1])));
});

export const gather: StepKind = {
  ...PLAIN,
  name: 'gather',
  full: true,
  inputRows: (step, first, end) => windowOf(step)(first, end),
  scratch: ({ output, outChunk }) => 2 * output.width + 4 * outChunk + OVERREAD,
  ops: ({ output, outChunk }, rows) => {
    const tasks = Math.ceil(output.height / rows);
    return 100 * tasks + output.height * (60 + output.width * (25 + 25 * outChunk));
  },
  check,
  work: ({ output, outChunk }) => ({ padRow: output.height * output.width * outChunk, pad: viewSize(output) }),
};

function check(step: StepCheck): number {
  const { input, output, outChunk } = step.record;
  const [rows, columns] = [output.height, output.width];
  const table = step.tableView(2 * (rows + columns) + 4 * outChunk);
  for (let i = 0; i < rows + columns; i++) {
    const [what, most] = i < rows ? ['row', input.height] : ['pixel', input.width];
    const index = table.u16(2 * i);
    if (index >= most && index !== NOTHING) step.refuse(`${what} ${index} of the input`, `it below ${most}`);
  }
  let channels = 0;
  for (let i = 0; i < outChunk; i++) {
    const at = 2 * (rows + columns) + 4 * i;
    const [channel, count] = [table.u16(at), table.u16(at + 2)];
    if (channel !== NOTHING && channel + count > input.channels) {
      step.refuse(`channels ${channel} to ${channel + count} of the input`, `${input.channels} at most`);
    }
    channels += count;
  }
  if (channels !== output.channels) step.refuse(`runs of ${channels} channels`, `${output.channels}`);
  return valuesMoved(step) + viewSize({ ...output, channels: outChunk });
}

/** A step record of a file that nobody trusts yet, and what checks of its kind ask of it. */

import type { BlobView } from '../program/blob-view.js';
import { invalidBlob } from '../program/invalid-blob.js';
import * as L from '../program/layout.js';
import { viewSize } from '../program/program.js';
import { type RecordView, readStep, type StepRecord } from './record.js';
import { CHANNEL_BYTES } from './sizes.js';

/** A multiplier is a fraction of 31 bits: more shift than that leaves nothing of it, or of 32 bits. */
const MOST_SHIFT = 31;

/** Row offsets have 16 bits, and memory a limit of 64 MB. */
const MOST_ROW_SHIFT = 10;

export class StepCheck {
  readonly record: StepRecord;

  /** @param what for messages: which step it is. */
  constructor(
    readonly file: BlobView,
    fields: BlobView,
    private readonly what: string,
  ) {
    this.record = readStep(fields);
  }

  refuse(found: string, expected: string): never {
    throw invalidBlob(`${this.what}, ${found}`, expected);
  }

  /** That the output's shape can come from the input's. */
  shapes(fit: (input: RecordView, output: RecordView) => boolean): void {
    const { input, output } = this.record;
    if (!fit(input, output)) this.refuse(`from ${text(input)} to ${text(output)}`, 'shapes of one operator');
  }

  /** Row y of a tensor stands at address + y * stride, or at address + what the table says: all of them in the arena. */
  rows(what: string, tensor: RecordView, address: number, stride: number, rows: number): void {
    const { file, record } = this;
    const arenaStart = file.u32(L.H_ARENA_ADDRESS);
    const arenaEnd = arenaStart + file.u32(L.H_ARENA_BYTES);
    const table = record.fields.u32(rows);
    const start = record.fields.u32(address);
    const last =
      table === 0 ? (tensor.height - 1) * record.fields.u32(stride) : highestEntry(file, table, tensor.height);
    const end = start + last + (tensor.width - 1) * tensor.pixelStride + tensor.channels;
    if (start < arenaStart || end > arenaEnd) {
      this.refuse(`an ${what} at ${start} to ${end}`, `it inside the arena, ${arenaStart} to ${arenaEnd}`);
    }
  }

  /** A table of `bytes` bytes, with shifts (i32) at these bytes of it. Returns its offset in the file. */
  table(bytes: number, shifts: readonly number[] = []): number {
    const table = this.constant('a table', L.S_TABLE, bytes);
    for (const at of shifts) this.shift(this.file.i32(table + at));
    return table;
  }

  /** The same, as what reads it: a view that begins with it. */
  tableView(bytes: number): BlobView {
    return this.file.from(this.table(bytes));
  }

  /** Values without requantisation of their own. */
  values(bytes: number): void {
    this.constant('values', L.S_WEIGHTS, bytes);
  }

  /** Window, weights (`k` of each output), requantisation, and chunks of outputs. Returns the multiply-accumulates. */
  weights(k: number): number {
    const { output, outChunk } = this.record;
    const { channels } = output;
    this.kernel();
    this.constant('weights', L.S_WEIGHTS, channels * k);
    const table = this.constant('a table', L.S_TABLE, channels * CHANNEL_BYTES);
    for (let o = 0; o < channels; o++) this.shift(this.file.i8(table + 8 * channels + o));
    if (outChunk === 0 || outChunk > L.MOST_OUTPUTS) {
      this.refuse(`chunks of ${outChunk} outputs`, `1 to ${L.MOST_OUTPUTS}`);
    }
    return viewSize(output) * k;
  }

  /** That the window has pixels and moves. */
  kernel(): void {
    const { kernelH, kernelW, strideH, strideW } = this.record.window;
    if ([kernelH, kernelW, strideH, strideW].includes(0)) {
      this.refuse(`a window of ${kernelH}x${kernelW}, strides ${strideH}, ${strideW}`, '1 at least');
    }
  }

  /** That fields which follow from others do. `derived` is given the address of scratch. */
  follows(derived: (record: StepRecord, scratchAddress: number) => [field: number, value: number][]): void {
    for (const [field, value] of derived(this.record, this.file.u32(L.H_SCRATCH_ADDRESS))) {
      const found = this.record.fields.u32(field);
      if (found !== value)
        this.refuse(`${found} in field ${field} of the record`, `${value}, which follows from the others`);
    }
  }

  private shift(shift: number): void {
    if (Math.abs(shift) > MOST_SHIFT) this.refuse(`a shift of ${shift}`, `-${MOST_SHIFT} to ${MOST_SHIFT}`);
  }

  /** Returns the constant's offset in the file. */
  private constant(what: string, field: number, bytes: number): number {
    const offset = this.record.fields.u32(field);
    const { length } = this.file;
    if (offset < L.HEADER_BYTES || offset % 4 !== 0 || offset + bytes > length) {
      const expected = `it from a multiple of 4 on and inside the file of ${length}`;
      this.refuse(`${what} of ${bytes} bytes at ${offset}`, expected);
    }
    return offset;
  }
}

const text = ({ height, width, channels }: RecordView): string => `${height}x${width}x${channels}`;

/** The highest offset in a table of `rows` row offsets. */
export function highestEntry(file: BlobView, table: number, rows: number): number {
  const shift = file.u32(L.H_ROW_SHIFT);
  if (table < L.HEADER_BYTES || table % 4 !== 0 || table + 2 * rows > file.length || shift > MOST_ROW_SHIFT) {
    const expected = `it from a multiple of 4 on and inside the file of ${file.length} bytes, in units of 2^${MOST_ROW_SHIFT} at most`;
    throw invalidBlob(`a table of ${rows} rows at ${table}, in units of 2^${shift} bytes`, expected);
  }
  let highest = 0;
  for (let y = 0; y < rows; y++) highest = Math.max(highest, file.u16(table + 2 * y) * 2 ** shift);
  return highest;
}

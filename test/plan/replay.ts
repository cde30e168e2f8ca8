/**
 * Replays a written .dw file byte by byte: who wrote each byte of the arena, and whether that is what the next reader
 * expects there. Addresses and tasks come from the file; what a step reads and writes comes from the program, step after
 * step; nothing comes from the planner.
 */

import * as L from '../../src/program/layout.js';
import type { Program, View } from '../../src/program/program.js';

/** @throws Error where a byte is not what it should be. */
export function replay(program: Program, blob: Uint8Array): void {
  new Replay(program, blob).run();
}

/** A row in linear memory. */
interface Row {
  y: number;
  address: number;
  bytes: number;
}

const INPUT = -1;
const NOBODY = -2;

class Replay {
  private readonly view: DataView;
  /** Step that wrote each byte of the arena, and which byte of which buffer it is. */
  private readonly writer: Int32Array;
  private readonly content: Int32Array;
  /** First content number of each buffer. */
  private readonly bases: number[] = [];
  /** Before each step: who wrote each byte of each buffer last, in the program's order. */
  private readonly expected: Int32Array[][];
  private readonly arena: number;

  constructor(
    private readonly program: Program,
    blob: Uint8Array,
  ) {
    this.view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    this.arena = this.u32(L.H_ARENA_ADDRESS);
    this.writer = new Int32Array(this.u32(L.H_ARENA_BYTES)).fill(NOBODY);
    this.content = new Int32Array(this.writer.length);
    let base = 0;
    for (const { bytes } of program.buffers) {
      this.bases.push(base);
      base += bytes;
    }
    this.expected = this.versions();
  }

  run(): void {
    const { program } = this;
    const { inputs, outputs, steps } = program;
    const rowBytes = this.u32(this.port(0) + L.P_ROW_BYTES);
    inputs.forEach((input, i) => {
      const bytes = program.buffers[input.view.buffer].bytes;
      if (i > 0 || rowBytes === 0) this.write(INPUT, input.view.buffer, 0, this.u32(this.port(i) + L.P_ADDRESS), bytes);
    });
    const done = steps.map(() => 0);
    let fed = 0;
    for (let i = 0; i < this.u32(L.H_TASK_COUNT); i++) {
      const task = this.u32(L.H_TASKS_OFFSET) + i * L.TASK_BYTES;
      const step = this.u16(task + L.T_STEP);
      const rows = this.view.getUint8(task + L.T_ROWS);
      for (let repeat = this.view.getUint8(task + L.T_REPEAT); repeat > 0; repeat--) {
        if (step === L.FEED) {
          for (let row = 0; row < rows; row++) this.feed(fed++, rowBytes);
        } else {
          const end = Math.min(steps[step].output.height, done[step] + rows);
          this.task(step, done[step], end);
          done[step] = end;
        }
      }
    }
    done.forEach((rows, step) => {
      if (rows !== steps[step].output.height) throw new Error(`step ${step}: ${rows} rows done`);
    });
    outputs.forEach(({ view }, i) => {
      const address = this.u32(this.port(inputs.length + i) + L.P_ADDRESS);
      const { bytes } = program.buffers[view.buffer];
      this.read(`output ${i}`, steps.length, view.buffer, view.offset, address, bytes - view.offset);
    });
  }

  private task(index: number, first: number, end: number): void {
    const { input, input2, output, kind } = this.program.steps[index];
    const record = this.u32(L.H_STEPS_OFFSET) + index * L.STEP_BYTES;
    const read = this.inputRows(record, kind, first, end);
    const from = this.rows(record, L.S_IN_ADDRESS, L.S_IN_STRIDE, L.S_IN_ROWS, input, read);
    const what = `step ${index}, rows ${first} to ${end}`;
    for (const row of from) this.read(what, index, input.buffer, byteOf(input, row.y), row.address, row.bytes);
    const read2 = input2 && input2.height < input.height ? [0] : read;
    const from2 = input2 ? this.rows(record, L.S_IN2_ADDRESS, L.S_IN2_STRIDE, L.S_IN2_ROWS, input2, read2) : [];
    for (const row of from2) this.read(what, index, input2!.buffer, byteOf(input2!, row.y), row.address, row.bytes);
    const to = this.rows(record, L.S_OUT_ADDRESS, L.S_OUT_STRIDE, L.S_OUT_ROWS, output, range(first, end));
    for (const [i, row] of to.entries()) {
      for (const other of to.slice(i + 1)) if (meet(row, other)) throw new Error(`${what}: output rows meet`);
      for (const other of [...from, ...from2]) {
        if (meet(row, other) && !this.mayTakeOver(index, record, row, other)) {
          throw new Error(`${what}: row ${row.y} is written over input row ${other.y}, which is still being read`);
        }
      }
    }
    for (const row of to) {
      for (let x = 0; x < output.width; x++) {
        const at = x * output.pixelStride;
        this.write(index, output.buffer, byteOf(output, row.y) + at, row.address + at, output.channels);
      }
    }
  }

  /** Whether a kernel that works on a few rows at a time, column after column, has read what it writes over. */
  private mayTakeOver(index: number, record: number, written: Row, read: Row): boolean {
    const { kind } = this.program.steps[index];
    if (written.address !== read.address) return false;
    const field = (offset: number) => this.u16(record + offset);
    // Value after value.
    if ([L.KIND_FLIP, L.KIND_LUT, L.KIND_ADD, L.KIND_BINARY, L.KIND_SOFTMAX_ROWS].includes(kind))
      return written.y === read.y && field(L.S_OUT_PIXEL_STRIDE) === field(L.S_IN_CHANNELS);
    if (kind !== L.KIND_DEPTHWISE) return false;
    const small = field(L.S_KERNEL_H) === 3 && field(L.S_KERNEL_W) === 3 && field(L.S_PAD_LEFT) <= 1;
    const stride = field(L.S_STRIDE_H);
    const columns =
      small &&
      stride === field(L.S_STRIDE_W) &&
      stride <= 2 &&
      field(L.S_DEPTH_MULTIPLIER) === 1 &&
      field(L.S_OUT_PIXEL_STRIDE) === field(L.S_IN_CHANNELS) &&
      (field(L.S_FLAGS) & L.STEP_GENERAL_REQUANTIZE) === 0;
    const next = (written.y + 1) * stride - field(L.S_PAD_TOP);
    return columns && (written.y + 1 === field(L.S_OUT_HEIGHT) || read.y < next);
  }

  /** Input rows that lie under the windows of output rows [first, end). */
  private inputRows(record: number, kind: number, first: number, end: number): number[] {
    const height = this.u16(record + L.S_IN_HEIGHT);
    if ([L.KIND_MEAN, L.KIND_SOFTMAX, L.KIND_FULLY_CONNECTED].includes(kind)) return range(0, height);
    if (kind === L.KIND_REDUCE && this.u16(record + L.S_OUT_HEIGHT) < height) return range(0, height);
    if (kind === L.KIND_RESIZE_BILINEAR) return this.resizedRows(record, height, first, end);
    if (kind === L.KIND_GENERAL_CONV) return this.rowsUnderGaps(record, height, first, end);
    const table = this.u32(record + L.S_TABLE);
    if (kind === L.KIND_GATHER)
      return range(first, end)
        .map((y) => this.u16(table + 2 * y))
        .filter((row) => row !== L.NOTHING);
    if (kind === L.KIND_PERMUTE) return this.permutedRows(record, table, first, end);
    const padding = this.u16(record + L.S_PAD_TOP);
    const windowed = [L.KIND_CONV, L.KIND_DEPTHWISE, L.KIND_AVERAGE_POOL, L.KIND_MAX_POOL].includes(kind);
    const [stride, kernel] = windowed ? [this.u16(record + L.S_STRIDE_H), this.u16(record + L.S_KERNEL_H)] : [1, 1];
    const above = kind === L.KIND_PAD || windowed ? padding : 0;
    const top = Math.max(0, Math.min(height, first * stride - above));
    return range(top, Math.max(0, Math.min(height, (end - 1) * stride - above + kernel)));
  }

  /** Byte after byte. */
  private permutedRows(record: number, table: number, first: number, end: number): number[] {
    const bytes = this.u16(record + L.S_OUT_WIDTH) * this.u16(record + L.S_OUT_CHANNELS);
    const loops = range(0, this.u16(record + L.S_OUT_CHUNK)).map((i) => table + 12 * i);
    const rows = range(first * bytes, end * bytes).map((byte) => {
      let [rest, row] = [byte, 0];
      for (const loop of [...loops].reverse()) {
        row += (rest % this.u32(loop)) * this.u32(loop + 4);
        rest = Math.floor(rest / this.u32(loop));
      }
      return row;
    });
    return [...new Set(rows)];
  }

  /** Input rows around the places of output rows [first, end), in 1/1024 row. */
  private resizedRows(record: number, height: number, first: number, end: number): number[] {
    const table = this.u32(record + L.S_TABLE);
    const [distance, start] = [table, table + 4].map((at) => this.view.getInt32(at, true));
    const rows = Array.from({ length: end - first }, (_, i) => ((first + i) * distance + start) / 1024);
    const inside = (row: number) => Math.min(height - 1, Math.max(0, row));
    return range(inside(Math.floor(Math.min(...rows))), inside(Math.ceil(Math.max(...rows))) + 1);
  }

  /** Input rows that some window position of some output row of [first, end) reads. */
  private rowsUnderGaps(record: number, height: number, first: number, end: number): number[] {
    const field = (offset: number) => this.u16(record + offset);
    const rows: number[] = [];
    for (let y = first; y < end; y++) {
      for (let k = 0; k < field(L.S_KERNEL_H); k++) {
        const place = y * field(L.S_STRIDE_H) - field(L.S_PAD_TOP) + k * field(L.S_DILATION_H);
        const row = place / field(L.S_SPREAD_H);
        if (Number.isInteger(row) && row >= 0 && row < height) rows.push(row);
      }
    }
    return [...new Set(rows)];
  }

  private rows(
    record: number,
    address: number,
    stride: number,
    table: number,
    view: View,
    read: readonly number[],
  ): Row[] {
    const bytes = (view.width - 1) * view.pixelStride + view.channels;
    const entries = this.u32(record + table);
    return read.map((y) => {
      const offset = entries === 0 ? y * this.u32(record + stride) : this.entry(entries, y);
      return { y, address: this.u32(record + address) + offset, bytes };
    });
  }

  private feed(row: number, rowBytes: number): void {
    const table = this.u32(this.port(0) + L.P_ROWS);
    const { buffer } = this.program.inputs[0].view;
    this.write(INPUT, buffer, row * rowBytes, this.arena + this.entry(table, row), rowBytes);
  }

  private write(step: number, buffer: number, byte: number, address: number, bytes: number): void {
    const at = address - this.arena;
    if (at < 0 || at + bytes > this.writer.length) throw new Error(`step ${step} writes outside the arena`);
    for (let i = 0; i < bytes; i++) {
      this.writer[at + i] = step;
      this.content[at + i] = this.bases[buffer] + byte + i;
    }
  }

  private read(what: string, step: number, buffer: number, byte: number, address: number, bytes: number): void {
    const at = address - this.arena;
    if (at < 0 || at + bytes > this.writer.length) throw new Error(`${what}: reads outside the arena`);
    const expected = this.expected[step][buffer];
    for (let i = 0; i < bytes; i++) {
      if (this.content[at + i] === this.bases[buffer] + byte + i && this.writer[at + i] === expected[byte + i])
        continue;
      const found = `byte ${this.content[at + i]} of step ${this.writer[at + i]}`;
      throw new Error(`${what}: found ${found}, expected ${this.bases[buffer] + byte + i} of ${expected[byte + i]}`);
    }
  }

  private versions(): Int32Array[][] {
    const { buffers, inputs, steps } = this.program;
    const fromInput = new Set(inputs.map(({ view }) => view.buffer));
    let now = buffers.map(({ bytes, index }) => new Int32Array(bytes).fill(fromInput.has(index) ? INPUT : NOBODY));
    const before = [now];
    steps.forEach(({ output }, step) => {
      const changed = now[output.buffer].slice();
      for (let y = 0; y < output.height; y++) {
        for (let x = 0; x < output.width; x++) {
          const from = byteOf(output, y) + x * output.pixelStride;
          changed.fill(step, from, from + output.channels);
        }
      }
      now = now.map((writers, buffer) => (buffer === output.buffer ? changed : writers));
      before.push(now);
    });
    return before;
  }

  private entry(table: number, row: number): number {
    return this.u16(table + 2 * row) * 2 ** this.u32(L.H_ROW_SHIFT);
  }

  private port(index: number): number {
    return this.u32(L.H_PORTS_OFFSET) + index * L.PORT_BYTES;
  }

  private u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  private u16(at: number): number {
    return this.view.getUint16(at, true);
  }
}

const range = (first: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);

/** Where in its buffer a view's row begins. */
const byteOf = (view: View, y: number): number => view.offset + y * view.rowStride;

const meet = (a: Row, b: Row): boolean => a.address < b.address + b.bytes && b.address < a.address + a.bytes;

/**
 * The check of one step record: that it reads and writes inside the arena and the file, that its shapes belong together,
 * that what the planner derives from other fields agrees with them.
 */
import { stepScratch } from '../plan/scratch.js';
import type { BlobView } from '../program/blob-view.js';
import { invalidBlob } from '../program/invalid-blob.js';
import * as L from '../program/layout.js';
import { derivedFields, type RecordNeeds } from './derived.js';
import { kindName } from './kinds.js';

/** Bytes of the tables of kinds that are not convolutions. */
const TABLE_BYTES: Record<number, number> = {
  [L.KIND_LUT]: 256,
  [L.KIND_SOFTMAX]: 4 * 256,
  [L.KIND_ADD]: 24,
  [L.KIND_MEAN]: 8,
};

/** Where in these tables shifts stand, as i32. */
const TABLE_SHIFTS: Record<number, readonly number[]> = { [L.KIND_ADD]: [4, 12, 20], [L.KIND_MEAN]: [4] };
/** A multiplier is a fraction of 31 bits: more shift than that leaves nothing of it, or of 32 bits. */
const MOST_SHIFT = 31;

/** Bias, multiplier (four bytes each) and shift. */
const TABLE_BYTES_PER_CHANNEL = 9;

/** Row offsets have 16 bits, and memory a limit of 64 MB. */
const MOST_ROW_SHIFT = 10;

/** Kinds whose output has the shape of the input, byte for byte. */
const SAME_SHAPE = [L.KIND_LUT, L.KIND_FLIP, L.KIND_ADD, L.KIND_SOFTMAX];
const WEIGHTED = [L.KIND_CONV, L.KIND_FULLY_CONNECTED, L.KIND_DEPTHWISE];
const POOLS = [L.KIND_AVERAGE_POOL, L.KIND_MAX_POOL];

/** Height, width, channels. */
type Shape = readonly [number, number, number];

/** One step record. */
export class StepCheck {
  readonly kind: number;
  /** Its kernel computes one row at a time. */
  readonly single: boolean;
  readonly input: Shape;
  readonly output: Shape;

  constructor(
    private readonly file: BlobView,
    private readonly record: BlobView,
    private readonly index: number,
  ) {
    this.single = this.u32(L.S_KIND) === L.KIND_DEPTHWISE_ROW;
    this.kind = this.single ? L.KIND_DEPTHWISE : this.u32(L.S_KIND);
    this.input = [this.u16(L.S_IN_HEIGHT), this.u16(L.S_IN_WIDTH), this.u16(L.S_IN_CHANNELS)];
    this.output = [this.u16(L.S_OUT_HEIGHT), this.u16(L.S_OUT_WIDTH), this.u16(L.S_OUT_CHANNELS)];
  }

  /** Checks the record; returns the work of the step. */
  run(): number {
    const { kind, input, output } = this;
    if (kind < L.KIND_CONV || kind > L.KIND_FULLY_CONNECTED) this.refuse('which does not exist', 'one that does');
    if ([...input, ...output].includes(0)) this.refuse(`from ${input} to ${output} values`, 'dimensions above 0');
    this.rows('input', input, L.S_IN_ADDRESS, L.S_IN_STRIDE, L.S_IN_ROWS, input[2]);
    const pixelStride = this.u16(L.S_OUT_PIXEL_STRIDE);
    if (pixelStride < output[2]) this.refuse(`pixels ${pixelStride} bytes apart`, `${output[2]} at least`);
    this.rows('output', output, L.S_OUT_ADDRESS, L.S_OUT_STRIDE, L.S_OUT_ROWS, pixelStride);
    if (kind === L.KIND_ADD) this.rows('input', input, L.S_IN2_ADDRESS, L.S_IN2_STRIDE, L.S_IN2_ROWS, input[2]);
    this.shapes();
    if (WEIGHTED.includes(kind)) return this.convolution();
    if (TABLE_BYTES[kind] !== undefined) {
      const table = this.constant('a table', L.S_TABLE, TABLE_BYTES[kind]);
      for (const at of TABLE_SHIFTS[kind] ?? []) this.shift(this.file.i32(table + at));
    }
    if (POOLS.includes(kind)) return this.pool();
    return product(input) + product(output);
  }

  /** Bytes of scratch that a task of so many rows needs. */
  scratch(rows: number): number {
    return stepScratch(this.needs(), rows);
  }

  /** The record as the planner knows it. */
  private needs(): RecordNeeds {
    const view = ([height, width, channels]: Shape, pixelStride: number, stride: number, rows: number) => {
      // Rows of a table stand anywhere.
      const rowStride = this.u32(rows) === 0 ? this.u32(stride) : 0;
      return { height, width, channels, pixelStride, rowStride };
    };
    const { kind, input, output } = this;
    return {
      kind,
      flags: this.u16(L.S_FLAGS),
      outChunk: this.u16(L.S_OUT_CHUNK),
      kChunk: this.u16(L.S_K_CHUNK),
      window: {
        kernelH: this.u16(L.S_KERNEL_H),
        kernelW: this.u16(L.S_KERNEL_W),
        strideH: this.u16(L.S_STRIDE_H),
        strideW: this.u16(L.S_STRIDE_W),
      },
      input: view(input, input[2], L.S_IN_STRIDE, L.S_IN_ROWS),
      output: view(output, this.u16(L.S_OUT_PIXEL_STRIDE), L.S_OUT_STRIDE, L.S_OUT_ROWS),
    };
  }

  refuse(found: string, expected: string): never {
    throw invalidBlob(`step ${this.index} (${kindName(this.kind)}), ${found}`, expected);
  }

  private u16(field: number): number {
    return this.record.u16(field);
  }

  private u32(field: number): number {
    return this.record.u32(field);
  }

  /** Row y stands at address + y * stride, or at address + what the table says. */
  private rows(what: string, shape: Shape, address: number, stride: number, rows: number, pixelStride: number): void {
    const [height, width, channels] = shape;
    const arenaStart = this.file.u32(L.H_ARENA_ADDRESS);
    const arenaEnd = arenaStart + this.file.u32(L.H_ARENA_BYTES);
    const table = this.u32(rows);
    const start = this.u32(address);
    const last = table === 0 ? (height - 1) * this.u32(stride) : highestEntry(this.file, table, height);
    const end = start + last + (width - 1) * pixelStride + channels;
    if (start < arenaStart || end > arenaEnd) {
      this.refuse(`an ${what} at ${start} to ${end}`, `it inside the arena, ${arenaStart} to ${arenaEnd}`);
    }
  }

  /** That the output's shape can come from the input's. */
  private shapes(): void {
    const { kind, input, output } = this;
    const [height, width, channels] = input;
    const [top, left] = [this.u16(L.S_PAD_TOP), this.u16(L.S_PAD_LEFT)];
    let fits = true;
    if (SAME_SHAPE.includes(kind)) fits = String(input) === String(output);
    else if (POOLS.includes(kind)) fits = output[2] === channels;
    else if (kind === L.KIND_MEAN) fits = String(output) === String([1, 1, channels]);
    else if (kind === L.KIND_PAD) {
      fits = output[2] === channels && output[0] >= top + height && output[1] >= left + width;
    } else if (kind === L.KIND_DEPTHWISE) fits = output[2] === channels * this.u16(L.S_DEPTH_MULTIPLIER);
    else if (kind === L.KIND_FULLY_CONNECTED) fits = height * width * output[0] * output[1] === 1;
    if (!fits) this.refuse(`from ${input.join('x')} to ${output.join('x')}`, 'shapes of one operator');
  }

  private shift(shift: number): void {
    if (Math.abs(shift) > MOST_SHIFT) this.refuse(`a shift of ${shift}`, `-${MOST_SHIFT} to ${MOST_SHIFT}`);
  }

  /** Returns the constant's offset in the file. */
  private constant(what: string, field: number, bytes: number): number {
    const offset = this.u32(field);
    const length = this.file.length;
    if (offset < L.HEADER_BYTES || offset % 4 !== 0 || offset + bytes > length) {
      this.refuse(
        `${what} of ${bytes} bytes at ${offset}`,
        `it from a multiple of 4 on and inside the file of ${length}`,
      );
    }
    return offset;
  }

  private kernel(): [height: number, width: number] {
    const [height, width] = [this.u16(L.S_KERNEL_H), this.u16(L.S_KERNEL_W)];
    const strides = [this.u16(L.S_STRIDE_H), this.u16(L.S_STRIDE_W)];
    if ([height, width, ...strides].includes(0)) {
      this.refuse(`a window of ${height}x${width}, strides ${strides.join(', ')}`, '1 at least');
    }
    return [height, width];
  }

  private convolution(): number {
    const [kernelH, kernelW] = this.kernel();
    const { kind, input, output } = this;
    const outputs = output[2];
    const k = kernelH * kernelW * (kind === L.KIND_DEPTHWISE ? 1 : input[2]);
    this.constant('weights', L.S_WEIGHTS, outputs * k);
    const table = this.constant('a table', L.S_TABLE, outputs * TABLE_BYTES_PER_CHANNEL);
    for (let o = 0; o < outputs; o++) this.shift(this.file.i8(table + 8 * outputs + o));
    const chunk = this.u16(L.S_OUT_CHUNK);
    if (chunk === 0 || chunk > L.MOST_OUTPUTS) this.refuse(`chunks of ${chunk} outputs`, `1 to ${L.MOST_OUTPUTS}`);
    if (kind === L.KIND_FULLY_CONNECTED && kernelH * kernelW !== 1) this.refuse('a window', 'none');
    if (kind === L.KIND_CONV) this.lanes();
    if (kind === L.KIND_DEPTHWISE) this.columns(kernelH, kernelW);
    for (const [field, value] of derivedFields(this.needs(), this.file.u32(L.H_SCRATCH_ADDRESS))) {
      const found = this.u32(field);
      if (found !== value)
        this.refuse(`${found} in field ${field} of the record`, `${value}, which follows from the others`);
    }
    return output[0] * output[1] * outputs * k;
  }

  /** The column kernel is made for one window. */
  private columns(kernelH: number, kernelW: number): void {
    const [strideH, strideW] = [this.u16(L.S_STRIDE_H), this.u16(L.S_STRIDE_W)];
    const fits = kernelH === 3 && kernelW === 3 && strideH === strideW && strideH <= 2 && this.u16(L.S_PAD_LEFT) <= 1;
    const flags = this.u16(L.S_FLAGS);
    const columns = (flags & L.STEP_COLUMNS) !== 0;
    const three = (flags & L.STEP_THREE_BY_THREE) !== 0;
    if (this.single && !columns) this.refuse(`flags ${flags}`, 'those of the kernel for single rows');
    if (columns && this.input[1] < 2) this.refuse('the column kernel for one column', 'two at least');
    if (!(columns || three) || (fits && this.u16(L.S_DEPTH_MULTIPLIER) === 1)) return;
    this.refuse(
      `the column kernel for ${kernelH}x${kernelW} windows`,
      '3x3, one stride of 1 or 2, at most 1 padding left',
    );
  }

  /** Lanes hold whole chunks of K, chunks of K whole blocks of 8. */
  private lanes(): void {
    const [chunk, lane] = [this.u16(L.S_K_CHUNK), this.u16(L.S_LANE_K)];
    if (chunk === 0 || chunk % 8 !== 0 || chunk > L.MOST_K) {
      this.refuse(`chunks of ${chunk} inputs`, `a multiple of 8, ${L.MOST_K} at most`);
    }
    if (lane === 0 || lane % chunk !== 0) this.refuse(`lanes of ${lane} inputs`, `a multiple of ${chunk}`);
  }

  /** Every window covers a pixel of the input: the mean of none does not exist. */
  private pool(): number {
    const kernel = this.kernel();
    const { input, output } = this;
    const before = [this.u16(L.S_PAD_TOP), this.u16(L.S_PAD_LEFT)];
    const strides = [this.u16(L.S_STRIDE_H), this.u16(L.S_STRIDE_W)];
    for (const axis of [0, 1]) {
      const last = (output[axis] - 1) * strides[axis] - before[axis];
      if (before[axis] >= kernel[axis] || last >= input[axis]) {
        this.refuse(`windows of ${kernel.join('x')} beside the input`, 'each on at least one pixel');
      }
    }
    return product(output) * Math.min(kernel[0], input[0]) * Math.min(kernel[1], input[1]);
  }
}

/** The highest offset in a table of `rows` row offsets. */
export function highestEntry(view: BlobView, table: number, rows: number): number {
  const shift = view.u32(L.H_ROW_SHIFT);
  if (table < L.HEADER_BYTES || table % 4 !== 0 || table + 2 * rows > view.length || shift > MOST_ROW_SHIFT) {
    const expected = `it from a multiple of 4 on and inside the file of ${view.length} bytes, in units of 2^${MOST_ROW_SHIFT} at most`;
    throw invalidBlob(`a table of ${rows} rows at ${table}, in units of 2^${shift} bytes`, expected);
  }
  let highest = 0;
  for (let y = 0; y < rows; y++) highest = Math.max(highest, view.u16(table + 2 * y) * 2 ** shift);
  return highest;
}

const product = (shape: Shape): number => shape[0] * shape[1] * shape[2];

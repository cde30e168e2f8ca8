/** Program and plan -> the bytes of a .dw file. Layout: src/program/layout.ts. */
import { concatUint8Arrays } from 'typed-array-utils';
import { DepthwiseError } from '../errors.js';
import type { FilePlan } from '../program/file-plan.js';
import * as L from '../program/layout.js';
import type { Kind, Port, Program, Step, View } from '../program/program.js';
import { PORT_TYPES, viewSize } from '../program/program.js';
import { commonStride, viewRows } from '../program/rows.js';
import { kindOf } from '../steps/index.js';
import { crc32 } from './crc32.js';

/** @param macs multiply-accumulates of the model, for reports of the file alone. */
export function writeBlob(program: Program, plan: FilePlan, macs: number): Uint8Array {
  const strings = stringsSection(program);
  const portsOffset = L.HEADER_BYTES;
  const tasksOffset = portsOffset + (program.inputs.length + program.outputs.length) * L.PORT_BYTES;
  const stepsOffset = tasksOffset + plan.tasks.length * L.TASK_BYTES;
  const constantsOffset = stepsOffset + program.steps.length * L.STEP_BYTES;
  const constants = new Constants(constantsOffset);
  const rows = new RowTables(plan, constants);
  const steps = program.steps.map((step, index) =>
    stepRecord(step, writtenKind(step, index, plan), rows, plan.scratchAddress, constants),
  );
  const fed = plan.feed > 0 ? program.inputs[0] : undefined;
  const ports = [...program.inputs, ...program.outputs].map((port) =>
    port === fed ? fedPortRecord(port, plan, rows) : portRecord(port, rows),
  );
  const head = program.head ?? new Uint8Array(0);
  const headOffset = constantsOffset + constants.bytes;
  const stringsOffset = headOffset + head.length;
  const total = stringsOffset + strings.length;

  const header = new Record(L.HEADER_BYTES);
  header.u32(L.H_MAGIC, L.MAGIC);
  header.u32(L.H_VERSION, L.VERSION);
  header.u32(L.H_TOTAL_BYTES, total);
  header.u32(L.H_MEMORY_BYTES, plan.memoryBytes);
  header.u32(L.H_SCRATCH_ADDRESS, plan.scratchAddress);
  header.u32(L.H_SCRATCH_BYTES, plan.scratchBytes);
  header.u32(L.H_ARENA_ADDRESS, plan.arenaAddress);
  header.u32(L.H_ARENA_BYTES, plan.arenaBytes);
  header.u32(L.H_STEP_COUNT, program.steps.length);
  header.u32(L.H_STEPS_OFFSET, stepsOffset);
  header.u32(L.H_TASK_COUNT, plan.tasks.length);
  header.u32(L.H_TASKS_OFFSET, tasksOffset);
  header.u32(L.H_INPUT_COUNT, program.inputs.length);
  header.u32(L.H_OUTPUT_COUNT, program.outputs.length);
  header.u32(L.H_PORTS_OFFSET, portsOffset);
  header.u32(L.H_STRINGS_OFFSET, stringsOffset);
  header.u32(L.H_STRINGS_BYTES, strings.length);
  header.u32(L.H_MACS, macs);
  header.u32(L.H_ROW_SHIFT, plan.rowShift);
  header.u32(L.H_HEAD_OFFSET, headOffset);
  header.u32(L.H_HEAD_BYTES, head.length);
  const rounding = program.rounding === 'single' ? L.FLAG_SINGLE_ROUNDING : 0;
  const weights = program.randomWeights ? L.FLAG_RANDOM_WEIGHTS : 0;
  const ranges = program.randomRanges ? L.FLAG_RANDOM_RANGES : 0;
  header.u32(L.H_FLAGS, rounding | weights | ranges);

  const blob = concatUint8Arrays(
    header.bytes,
    ...ports,
    ...plan.tasks.map(({ step, rows, repeat }) => {
      const task = new Record(L.TASK_BYTES);
      task.u16(L.T_STEP, step);
      task.bytes[L.T_ROWS] = rows;
      task.bytes[L.T_REPEAT] = repeat;
      return task.bytes;
    }),
    ...steps,
    ...constants.parts,
    head,
    strings,
  );
  new DataView(blob.buffer).setUint32(L.H_CRC32, crc32(blob.subarray(L.CRC_FROM)), true);
  return blob;
}

/** A record of fixed size, written field by field; a value that its field cannot hold is an error. */
class Record {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  u32(offset: number, value: number): void {
    this.check(value, 0, 0xffffffff);
    this.view.setUint32(offset, value, true);
  }

  u16(offset: number, value: number): void {
    this.check(value, 0, 0xffff);
    this.view.setUint16(offset, value, true);
  }

  i16(offset: number, value: number): void {
    this.check(value, -0x8000, 0x7fff);
    this.view.setInt16(offset, value, true);
  }

  private check(value: number, low: number, high: number): void {
    if (Number.isInteger(value) && value >= low && value <= high) return;
    throw new DepthwiseError(
      'MODEL_TOO_LARGE',
      `A step of this model needs the value ${value}, but its field in the .dw file holds ${low} to ${high}. Use a smaller input or fewer channels.`,
    );
  }
}

/** Weights and tables, each from a multiple of 4 on. */
class Constants {
  readonly parts: Uint8Array[] = [];
  bytes = 0;

  constructor(private readonly start: number) {}

  /** Returns the part's offset in the file. */
  add(part: Uint8Array | Int8Array | undefined): number {
    if (!part) return 0;
    const offset = this.start + this.bytes;
    const padded = new Uint8Array(Math.ceil(part.length / 4) * 4);
    padded.set(new Uint8Array(part.buffer, part.byteOffset, part.length));
    this.parts.push(padded);
    this.bytes += padded.length;
    return offset;
  }
}

/** Where the rows of a tensor stand, as fields of a record. */
interface Rows {
  address: number;
  stride: number;
  /** File offset of the row table, or 0. */
  table: number;
}

/** Row addresses by formula where they follow one, else from a table; tensors with the same rows share it. */
class RowTables {
  private readonly written = new Map<string, number>();

  constructor(
    private readonly plan: FilePlan,
    private readonly constants: Constants,
  ) {}

  /** Address of a tensor whose rows stand behind one another. */
  start({ buffer, offset }: View): number {
    return this.plan.arenaAddress + this.plan.offsets[buffer][0] + offset;
  }

  of(view: View): Rows {
    const { shapes, offsets, arenaAddress } = this.plan;
    const shape = shapes[view.buffer];
    const rows = viewRows(view, shape, offsets[view.buffer]);
    const stride = commonStride(rows, view.rowStride);
    if (stride !== undefined) return { address: arenaAddress + rows[0], stride, table: 0 };
    const inside = view.offset % shape.rowBytes;
    const table = this.table(rows.map((row) => row - inside));
    return { address: arenaAddress + inside, stride: 0, table };
  }

  /** File offset of a table of offsets from the arena on. */
  table(offsets: readonly number[]): number {
    const key = offsets.join();
    const known = this.written.get(key);
    if (known !== undefined) return known;
    const record = new Record(2 * offsets.length);
    offsets.forEach((offset, y) => {
      record.u16(2 * y, offset / 2 ** this.plan.rowShift);
    });
    const at = this.constants.add(record.bytes);
    this.written.set(key, at);
    return at;
  }
}

function portRecord(port: Port, rows: RowTables): Uint8Array {
  const record = new Record(L.PORT_BYTES);
  const { view } = port;
  const shape = [1, view.height, view.width, view.channels / PORT_TYPES[port.dtype]];
  record.u32(L.P_ADDRESS, rows.start(view));
  record.u32(L.P_BYTES, viewSize(view));
  shape.forEach((dim, i) => {
    record.u32(L.P_SHAPE + 4 * i, dim);
  });
  record.u32(L.P_SCALE, new Uint32Array(new Float32Array([port.scale]).buffer)[0]);
  record.u32(L.P_ZERO_POINT, port.zeroPoint >>> 0);
  record.u32(L.P_DTYPE, Object.keys(PORT_TYPES).indexOf(port.dtype));
  record.u32(L.P_PIXEL_MULTIPLIER, (port.pixels?.multiplier ?? 0) >>> 0);
  record.u32(L.P_PIXEL_OFFSET, (port.pixels?.offset ?? 0) >>> 0);
  return record.bytes;
}

/** The input whose rows arrive one by one: no address, but where each of them goes. */
function fedPortRecord(port: Port, { shapes, offsets }: FilePlan, rows: RowTables): Uint8Array {
  const bytes = portRecord(port, rows);
  const view = new DataView(bytes.buffer);
  const { buffer } = port.view;
  view.setUint32(L.P_ADDRESS, 0, true);
  view.setUint32(L.P_ROW_BYTES, shapes[buffer].rowBytes, true);
  view.setUint32(L.P_ROWS, rows.table(offsets[buffer]), true);
  return bytes;
}

/** The kind whose kernel is the one for all of a step's tasks. */
function writtenKind(step: Step, index: number, { tasks }: FilePlan): Kind {
  const single = tasks.every((task) => task.step !== index || task.rows === 1);
  return (single && kindOf(step).singleRowKind?.(step)) || step.kind;
}

function stepRecord(step: Step, kind: Kind, rows: RowTables, scratch: number, constants: Constants): Uint8Array {
  const r = new Record(L.STEP_BYTES);
  const { input, input2, output, window } = step;
  const [from, to] = [rows.of(input), rows.of(output)];
  const from2 = input2 && rows.of(input2);
  r.u32(L.S_KIND, kind);
  r.u32(L.S_IN_ADDRESS, from.address);
  r.u32(L.S_IN_STRIDE, from.stride);
  r.u32(L.S_IN_ROWS, from.table);
  r.u32(L.S_OUT_ADDRESS, to.address);
  r.u32(L.S_OUT_STRIDE, to.stride);
  r.u32(L.S_OUT_ROWS, to.table);
  r.u32(L.S_WEIGHTS, constants.add(step.weights));
  r.u32(L.S_TABLE, constants.add(step.table));
  r.u32(L.S_IN2_ADDRESS, from2?.address ?? 0);
  r.u32(L.S_IN2_STRIDE, from2?.stride ?? 0);
  r.u32(L.S_IN2_ROWS, from2?.table ?? 0);
  r.u16(L.S_IN_HEIGHT, input.height);
  r.u16(L.S_IN_WIDTH, input.width);
  r.u16(L.S_IN_CHANNELS, input.channels);
  r.u16(L.S_OUT_HEIGHT, output.height);
  r.u16(L.S_OUT_WIDTH, output.width);
  r.u16(L.S_OUT_CHANNELS, output.channels);
  r.u16(L.S_KERNEL_H, window.kernelH);
  r.u16(L.S_KERNEL_W, window.kernelW);
  r.u16(L.S_STRIDE_H, window.strideH);
  r.u16(L.S_STRIDE_W, window.strideW);
  r.u16(L.S_PAD_TOP, window.padTop);
  r.u16(L.S_PAD_LEFT, window.padLeft);
  r.u16(L.S_DEPTH_MULTIPLIER, step.depthMultiplier);
  r.u16(L.S_OUT_PIXEL_STRIDE, output.pixelStride);
  r.u16(L.S_FLAGS, step.flags);
  r.i16(L.S_IN_ZERO_POINT, input.zeroPoint);
  r.i16(L.S_OUT_ZERO_POINT, output.zeroPoint);
  r.i16(L.S_WEIGHT_ZERO_POINT, step.weightZeroPoint);
  r.i16(L.S_CLAMP_LOW, step.clampLow);
  r.i16(L.S_CLAMP_HIGH, step.clampHigh);
  r.i16(L.S_IN2_ZERO_POINT, input2?.zeroPoint ?? 0);
  r.u16(L.S_OUT_CHUNK, step.outChunk);
  r.u16(L.S_K_CHUNK, step.kChunk);
  r.u16(L.S_LANE_K, step.laneK);
  if (step.gaps) {
    r.u16(L.S_DILATION_H, step.gaps.dilationH);
    r.u16(L.S_DILATION_W, step.gaps.dilationW);
    r.u16(L.S_SPREAD_H, step.gaps.spreadH);
    r.u16(L.S_SPREAD_W, step.gaps.spreadW);
  }
  const record = {
    ...step,
    input: { ...input, rowStride: from.stride },
    output: { ...output, rowStride: to.stride },
  };
  for (const [field, value] of kindOf(step).derived?.(record, scratch) ?? []) r.u32(field, value);
  return r.bytes;
}

/** Model name, port names, labels: UTF-8, each ended by a 0 byte. */
function stringsSection(program: Program): Uint8Array {
  const names = [...program.inputs, ...program.outputs].map((port) => port.name);
  const texts = [program.name, ...names, ...(program.labels ?? [])].map((text) => `${text.replaceAll('\0', ' ')}\0`);
  return new TextEncoder().encode(texts.join(''));
}

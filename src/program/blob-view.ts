/** Reads a .dw file, or a record in it, field by field. Nothing is checked here: src/format/check.ts does that, once. */

import type { Task } from './file-plan.js';
import * as L from './layout.js';

export class BlobView {
  private readonly view: DataView;

  /** @param start byte of `bytes` that fields are counted from. */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly start = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  }

  /** Bytes from the first one to the end of the file. */
  get length(): number {
    return this.view.byteLength;
  }

  /** A view of this file from a byte on. */
  from(start: number): BlobView {
    return new BlobView(this.bytes, this.start + start);
  }

  u8(field: number): number {
    return this.view.getUint8(field);
  }

  i8(field: number): number {
    return this.view.getInt8(field);
  }

  u16(field: number): number {
    return this.view.getUint16(field, true);
  }

  u32(field: number): number {
    return this.view.getUint32(field, true);
  }

  i32(field: number): number {
    return this.view.getInt32(field, true);
  }

  f32(field: number): number {
    return this.view.getFloat32(field, true);
  }

  // Records of a whole file, in order.

  /** Ports of all inputs, then of all outputs. */
  ports(): BlobView[] {
    return this.records(L.H_PORTS_OFFSET, this.u32(L.H_INPUT_COUNT) + this.u32(L.H_OUTPUT_COUNT), L.PORT_BYTES);
  }

  tasks(): Task[] {
    return this.records(L.H_TASKS_OFFSET, this.u32(L.H_TASK_COUNT), L.TASK_BYTES).map((task) => ({
      step: task.u16(L.T_STEP),
      rows: task.u8(L.T_ROWS),
      repeat: task.u8(L.T_REPEAT),
    }));
  }

  steps(): BlobView[] {
    return this.records(L.H_STEPS_OFFSET, this.u32(L.H_STEP_COUNT), L.STEP_BYTES);
  }

  private records(section: number, count: number, size: number): BlobView[] {
    const first = this.u32(section);
    return Array.from({ length: count }, (_, i) => new BlobView(this.bytes, first + i * size));
  }
}

/** The checks that every host makes once when a .dw file is opened: nothing in it is trusted. */
import { DepthwiseError } from '../errors.js';
import { openHead } from '../heads/open.js';
import { BlobView } from '../program/blob-view.js';
import { COMPILE_AGAIN, invalidBlob } from '../program/invalid-blob.js';
import * as L from '../program/layout.js';
import { PORT_TYPES, type PortType } from '../program/program.js';
import { checkSteps } from './check-steps.js';
import { crc32 } from './crc32.js';

/**
 * Magic, version, length, CRC-32, and every offset, address and size against the file and the memory it asks for.
 * @throws DepthwiseError BLOB_INVALID, BLOB_VERSION, BLOB_CRC.
 */
export function checkBlob(blob: Uint8Array): void {
  const view = new BlobView(blob);
  if (blob.length < L.HEADER_BYTES) throw invalidBlob(`${blob.length} bytes`, `at least ${L.HEADER_BYTES}`);
  if (view.u32(L.H_MAGIC) !== L.MAGIC) throw invalidBlob(`magic ${hex(view.u32(L.H_MAGIC))}`, hex(L.MAGIC));
  if (view.u32(L.H_VERSION) !== L.VERSION) {
    throw new DepthwiseError(
      'BLOB_VERSION',
      `This .dw file has version ${view.u32(L.H_VERSION)}, expected ${L.VERSION}. Compile the model with this version of depthwise.`,
    );
  }
  if (view.u32(L.H_TOTAL_BYTES) !== blob.length)
    throw invalidBlob(`${blob.length} bytes`, `the ${view.u32(L.H_TOTAL_BYTES)} of its header`);
  const crc = crc32(blob.subarray(L.CRC_FROM));
  if (crc !== view.u32(L.H_CRC32)) {
    const message = `This .dw file has CRC-32 ${hex(crc)}, expected ${hex(view.u32(L.H_CRC32))}. ${COMPILE_AGAIN}`;
    throw new DepthwiseError('BLOB_CRC', message);
  }
  checkSections(view);
  checkPorts(view);
  checkStrings(blob, view);
  openHead(blob);
  checkSteps(view);
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** The most linear memory a .dw file may ask for. */
const MEMORY_LIMIT = 64 * 1024 * 1024;

/** Least and greatest zero point. */
const ZERO_POINTS = { int8: [-128, 127], uint8: [0, 255], int32: [0, 0], int64: [0, 0] } as const;

/** undefined for a number that is no type's. */
export const portType = (port: BlobView): PortType | undefined =>
  (Object.keys(PORT_TYPES) as PortType[])[port.u32(L.P_DTYPE)];

/** Inputs, and outputs: as many as a model may have. */
const MOST_PORTS = 256;

function checkSections(view: BlobView): void {
  const { length } = view;
  const section = (name: string, offset: number, bytes: number) => {
    if (offset < L.HEADER_BYTES || offset % 4 !== 0 || offset + bytes > length) {
      const expected = `it from a multiple of 4 on and inside the file of ${length} bytes`;
      throw invalidBlob(`${name} at ${offset}, ${bytes} bytes long`, expected);
    }
  };
  const [inputs, outputs] = [view.u32(L.H_INPUT_COUNT), view.u32(L.H_OUTPUT_COUNT)];
  if (inputs === 0 || outputs === 0 || inputs > MOST_PORTS || outputs > MOST_PORTS) {
    throw invalidBlob(`${inputs} inputs and ${outputs} outputs`, `1 to ${MOST_PORTS} of each`);
  }
  if (view.u32(L.H_STEP_COUNT) > 0xfffe) throw invalidBlob(`${view.u32(L.H_STEP_COUNT)} steps`, 'at most 65534');
  section('the ports', view.u32(L.H_PORTS_OFFSET), (inputs + outputs) * L.PORT_BYTES);
  section('the tasks', view.u32(L.H_TASKS_OFFSET), view.u32(L.H_TASK_COUNT) * L.TASK_BYTES);
  section('the steps', view.u32(L.H_STEPS_OFFSET), view.u32(L.H_STEP_COUNT) * L.STEP_BYTES);
  section('the head', view.u32(L.H_HEAD_OFFSET), view.u32(L.H_HEAD_BYTES));
  section('the strings', view.u32(L.H_STRINGS_OFFSET), view.u32(L.H_STRINGS_BYTES));
  const memory = view.u32(L.H_MEMORY_BYTES);
  if (memory > MEMORY_LIMIT) throw invalidBlob(`a memory of ${memory} bytes`, `at most ${MEMORY_LIMIT}`);
  const state = L.STATE_ROWS_DONE + 2 * view.u32(L.H_STEP_COUNT);
  const arenaEnd = view.u32(L.H_ARENA_ADDRESS) + view.u32(L.H_ARENA_BYTES);
  const scratchEnd = view.u32(L.H_SCRATCH_ADDRESS) + view.u32(L.H_SCRATCH_BYTES);
  if (view.u32(L.H_SCRATCH_ADDRESS) % 8 !== 0) {
    throw invalidBlob(`scratch at ${view.u32(L.H_SCRATCH_ADDRESS)}`, 'it from a multiple of 8 on');
  }
  if (view.u32(L.H_ARENA_ADDRESS) < state || arenaEnd > view.u32(L.H_SCRATCH_ADDRESS) || scratchEnd > memory) {
    throw invalidBlob('an arena or a scratch that overlap or leave the memory', 'state, arena, scratch in this order');
  }
}

function checkPorts(view: BlobView): void {
  const [start, length] = [view.u32(L.H_ARENA_ADDRESS), view.u32(L.H_ARENA_BYTES)];
  for (const [i, port] of view.ports().entries()) {
    const [address, bytes] = [port.u32(L.P_ADDRESS), port.u32(L.P_BYTES)];
    const rowBytes = port.u32(L.P_ROW_BYTES);
    if (rowBytes > 0 && i > 0) throw invalidBlob(`port ${i}, which comes row by row`, 'only the first input to do so');
    if (rowBytes === 0 && (address < start || address + bytes > start + length)) {
      throw invalidBlob(`port ${i} at ${address}, ${bytes} bytes long`, 'it inside the arena');
    }
    const shape = [0, 1, 2, 3].map((axis) => port.u32(L.P_SHAPE + 4 * axis));
    const values = shape.reduce((product, dim) => product * dim, 1);
    const dtype = portType(port);
    const most = i < view.u32(L.H_INPUT_COUNT) ? L.DTYPE_UINT8 : L.DTYPE_INT64;
    if (!dtype || port.u32(L.P_DTYPE) > most) {
      throw invalidBlob(`port ${i} of type ${port.u32(L.P_DTYPE)}`, `0 to ${most}`);
    }
    const expected = values * PORT_TYPES[dtype];
    if (bytes === 0 || expected !== bytes) {
      throw invalidBlob(`port ${i} of ${bytes} bytes`, `${expected} for [${shape}] of ${dtype}`);
    }
    const scale = port.f32(L.P_SCALE);
    const zeroPoint = port.i32(L.P_ZERO_POINT);
    const [low, high] = ZERO_POINTS[dtype];
    if (!(scale > 0 && Number.isFinite(scale)) || zeroPoint < low || zeroPoint > high) {
      throw invalidBlob(`port ${i} of scale ${scale}`, 'a finite one above 0 and a zero point of its type');
    }
    const [multiplier, offset] = [port.i32(L.P_PIXEL_MULTIPLIER), port.i32(L.P_PIXEL_OFFSET)];
    if (255 * Math.abs(multiplier) + Math.abs(offset) > 0x7fffffff) {
      throw invalidBlob(`port ${i}, which makes ${multiplier} * pixel + ${offset} of a pixel`, 'results of 32 bits');
    }
  }
}

/** One string for the model, one for each port, then labels; each ended by a 0 byte. */
function checkStrings(blob: Uint8Array, view: BlobView): void {
  const start = view.u32(L.H_STRINGS_OFFSET);
  const strings = blob.subarray(start, start + view.u32(L.H_STRINGS_BYTES));
  const expected = 1 + view.u32(L.H_INPUT_COUNT) + view.u32(L.H_OUTPUT_COUNT);
  let count = 0;
  for (const byte of strings) if (byte === 0) count++;
  if (count < expected || strings.at(-1) !== 0) {
    throw invalidBlob(`${count} strings`, `${expected} at least, each ended by a 0 byte`);
  }
}

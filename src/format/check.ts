/** The checks that every host makes once when a .dw file is opened: nothing in it is trusted. */
import { DepthwiseError } from '../errors.js';
import { crc32 } from './crc32.js';
import * as L from './layout.js';

const HOW = 'Compile the model again, or copy the file again.';

function invalid(found: string, expected: string): DepthwiseError {
  return new DepthwiseError('BLOB_INVALID', `This .dw file holds ${found}, expected ${expected}. ${HOW}`);
}

/**
 * Magic, version, length, CRC-32, and every offset and address against the file and the memory it asks for.
 * @throws DepthwiseError BLOB_INVALID, BLOB_VERSION, BLOB_CRC.
 */
export function checkBlob(blob: Uint8Array): void {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const u32 = (offset: number): number => view.getUint32(offset, true);
  if (blob.length < L.HEADER_BYTES) throw invalid(`${blob.length} bytes`, `at least ${L.HEADER_BYTES}`);
  if (u32(L.H_MAGIC) !== L.MAGIC) throw invalid(`magic 0x${u32(L.H_MAGIC).toString(16)}`, `0x${L.MAGIC.toString(16)}`);
  if (u32(L.H_VERSION) !== L.VERSION) {
    throw new DepthwiseError(
      'BLOB_VERSION',
      `This .dw file has version ${u32(L.H_VERSION)}, expected ${L.VERSION}. Compile the model with this version of depthwise.`,
    );
  }
  if (u32(L.H_TOTAL_BYTES) !== blob.length)
    throw invalid(`${blob.length} bytes`, `the ${u32(L.H_TOTAL_BYTES)} of its header`);
  const crc = crc32(blob.subarray(L.CRC_FROM));
  if (crc !== u32(L.H_CRC32)) {
    const [found, expected] = [crc, u32(L.H_CRC32)].map((value) => `0x${value.toString(16).padStart(8, '0')}`);
    throw new DepthwiseError('BLOB_CRC', `This .dw file has CRC-32 ${found}, expected ${expected}. ${HOW}`);
  }
  checkSections(blob.length, u32);
  checkPorts(u32);
  checkTasks(view, u32);
}

type ReadU32 = (offset: number) => number;

/** The most linear memory a .dw file may ask for. */
const MEMORY_LIMIT = 64 * 1024 * 1024;

function checkSections(length: number, u32: ReadU32): void {
  const section = (name: string, offset: number, bytes: number) => {
    if (offset < L.HEADER_BYTES || offset + bytes > length) {
      throw invalid(`${name} at ${offset}, ${bytes} bytes long`, `it inside the file of ${length} bytes`);
    }
  };
  const ports = u32(L.H_INPUT_COUNT) + u32(L.H_OUTPUT_COUNT);
  if (u32(L.H_INPUT_COUNT) === 0 || u32(L.H_OUTPUT_COUNT) === 0)
    throw invalid('no inputs or no outputs', 'one of each');
  if (u32(L.H_STEP_COUNT) > 0xfffe) throw invalid(`${u32(L.H_STEP_COUNT)} steps`, 'at most 65534');
  section('the ports', u32(L.H_PORTS_OFFSET), ports * L.PORT_BYTES);
  section('the tasks', u32(L.H_TASKS_OFFSET), u32(L.H_TASK_COUNT) * L.TASK_BYTES);
  section('the steps', u32(L.H_STEPS_OFFSET), u32(L.H_STEP_COUNT) * L.STEP_BYTES);
  section('the strings', u32(L.H_STRINGS_OFFSET), u32(L.H_STRINGS_BYTES));
  const memory = u32(L.H_MEMORY_BYTES);
  if (memory > MEMORY_LIMIT) throw invalid(`a memory of ${memory} bytes`, `at most ${MEMORY_LIMIT}`);
  const state = L.STATE_ROWS_DONE + 2 * u32(L.H_STEP_COUNT);
  const arenaEnd = u32(L.H_ARENA_ADDRESS) + u32(L.H_ARENA_BYTES);
  const scratchEnd = u32(L.H_SCRATCH_ADDRESS) + u32(L.H_SCRATCH_BYTES);
  if (u32(L.H_ARENA_ADDRESS) < state || arenaEnd > u32(L.H_SCRATCH_ADDRESS) || scratchEnd > memory) {
    throw invalid('an arena or a scratch that overlap or leave the memory', 'state, arena, scratch in this order');
  }
}

function checkPorts(u32: ReadU32): void {
  const arena = u32(L.H_ARENA_ADDRESS);
  const ports = u32(L.H_INPUT_COUNT) + u32(L.H_OUTPUT_COUNT);
  for (let i = 0; i < ports; i++) {
    const port = u32(L.H_PORTS_OFFSET) + i * L.PORT_BYTES;
    const address = u32(port + L.P_ADDRESS);
    const bytes = u32(port + L.P_BYTES);
    if (address < arena || address + bytes > arena + u32(L.H_ARENA_BYTES)) {
      throw invalid(`port ${i} at ${address}, ${bytes} bytes long`, 'it inside the arena');
    }
  }
}

function checkTasks(view: DataView, u32: ReadU32): void {
  const steps = u32(L.H_STEP_COUNT);
  for (let i = 0; i < u32(L.H_TASK_COUNT); i++) {
    const task = u32(L.H_TASKS_OFFSET) + i * L.TASK_BYTES;
    const step = view.getUint16(task + L.T_STEP, true);
    if (step >= steps || view.getUint8(task + L.T_ROWS) === 0 || view.getUint8(task + L.T_REPEAT) === 0) {
      throw invalid(
        `task ${i} of step ${step}, without rows or repeats`,
        `a step below ${steps}, rows and repeats above 0`,
      );
    }
  }
}

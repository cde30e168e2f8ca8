/** Opening a .dw file. Nothing in it is trusted: it is checked here, once, and all memory is taken here. */
import {
  DTYPE_UINT8,
  FLAG_SINGLE_ROUNDING,
  H_ARENA_ADDRESS,
  H_ARENA_BYTES,
  H_CRC32,
  H_FLAGS,
  H_INPUT_COUNT,
  H_MAGIC,
  H_OUTPUT_COUNT,
  H_PORTS_OFFSET,
  H_STEP_COUNT,
  H_STEPS_OFFSET,
  H_STRINGS_BYTES,
  H_STRINGS_OFFSET,
  H_TASK_COUNT,
  H_TASKS_OFFSET,
  H_TOTAL_BYTES,
  H_VERSION,
  HEADER_BYTES,
  KIND_CONV,
  KIND_DEPTHWISE,
  KIND_FULLY_CONNECTED,
  MAGIC,
  P_ADDRESS,
  P_BYTES,
  P_DTYPE,
  P_SCALE,
  P_ZERO_POINT,
  PORT_BYTES,
  S_IN_ADDRESS,
  S_IN_CHANNELS,
  S_KERNEL_H,
  S_KERNEL_W,
  S_KIND,
  S_OUT_ADDRESS,
  S_OUT_CHANNELS,
  S_TABLE,
  S_WEIGHTS,
  STEP_BYTES,
  T_REPEAT,
  T_ROWS,
  T_STEP,
  TASK_BYTES,
  VERSION,
} from '../format/layout.js';
import { allocate, half, seek, WINDOW, word } from './bytes.js';
import { crc32 } from './crc.js';
import { begin, loadStep } from './execute.js';
import { fail } from './fail.js';
import { COLUMNS } from './kernels/conv.js';
import { CHUNK } from './kernels/requantize.js';
import type { Kernel, Machine, Reader } from './machine.js';
import { Net, type Port } from './net.js';

/** A file in memory, in mapped flash, or behind a function that reads it. */
export type Blob = ArrayBuffer | Uint8Array | Reader;

/** The float32 whose bits these are; positive. */
function real(bits: number): number {
  var value = (bits & 0x7fffff) | 0x800000;
  var exponent = ((bits >>> 23) & 255) - 150;
  for (; exponent > 0; exponent--) value *= 2;
  for (; exponent < 0; exponent++) value /= 2;
  return value;
}

/** Throws LAYOUT unless `count` bytes from `offset` on are behind the header and inside the file. */
function inside(offset: number, count: number, length: number): void {
  if (offset < HEADER_BYTES || count < 0 || offset + count > length) fail('LAYOUT', 'section ' + offset);
}

/** Reads and checks where tasks and steps stand, and what they need; takes arena and scratch. */
function readProgram(m: Machine, header: Int32Array, length: number): void {
  var steps = header[H_STEP_COUNT / 4];
  var tasks = header[H_TASK_COUNT / 4];
  var arenaBytes = header[H_ARENA_BYTES / 4];
  m._stepsOffset = header[H_STEPS_OFFSET / 4];
  m._tasksOffset = header[H_TASKS_OFFSET / 4];
  m._taskCount = tasks;
  m._base = header[H_ARENA_ADDRESS / 4];
  m._single = header[H_FLAGS / 4] & FLAG_SINGLE_ROUNDING;
  inside(m._stepsOffset, steps * STEP_BYTES, length);
  inside(m._tasksOffset, tasks * TASK_BYTES, length);
  var i: number;
  for (i = 0; i < tasks; i++) {
    var task = seek(m, m._tasksOffset + i * TASK_BYTES, TASK_BYTES);
    if (half(m._bytes, task + T_STEP) >= steps || !m._bytes[task + T_ROWS] || !m._bytes[task + T_REPEAT]) {
      fail('LAYOUT', 'task ' + i);
    }
  }
  var columns = 0;
  var channels = 0;
  var window = WINDOW;
  for (i = 0; i < steps; i++) {
    var s = loadStep(m, i);
    var kind = s[S_KIND / 2];
    if (!m._kernels[kind]) fail('KIND', 'step ' + i + ' of kind ' + kind);
    if (
      s[S_IN_ADDRESS / 2] < 0 ||
      s[S_IN_ADDRESS / 2] > arenaBytes ||
      s[S_OUT_ADDRESS / 2] < 0 ||
      s[S_OUT_ADDRESS / 2] > arenaBytes ||
      s[S_WEIGHTS / 2] < 0 ||
      s[S_WEIGHTS / 2] > length ||
      s[S_TABLE / 2] < 0 ||
      s[S_TABLE / 2] > length
    ) {
      fail('LAYOUT', 'step ' + i);
    }
    var taps = s[S_KERNEL_H / 2] * s[S_KERNEL_W / 2];
    if (kind === KIND_DEPTHWISE) {
      if (taps > window) window = taps;
    } else if (kind === KIND_CONV || kind === KIND_FULLY_CONNECTED) {
      if (taps * s[S_IN_CHANNELS / 2] > columns) columns = taps * s[S_IN_CHANNELS / 2];
    } else {
      continue;
    }
    if (s[S_OUT_CHANNELS / 2] > channels) channels = s[S_OUT_CHANNELS / 2];
  }
  if (columns > COLUMNS) columns = COLUMNS;
  if (channels > CHUNK) channels = CHUNK;
  if (m._reader && window > WINDOW) m._bytes = allocate(Int8Array, window);
  m._arena = allocate(Int8Array, arenaBytes + 1);
  m._done = allocate(Uint16Array, steps);
  m._columns = allocate(Float64Array, columns);
  m._sums = allocate(Float64Array, channels);
  m._biases = allocate(Int32Array, channels);
  m._multipliers = allocate(Int32Array, channels);
  m._factors = allocate(Float32Array, channels);
  m._addends = allocate(Float64Array, channels);
}

/** Views of the arena's inputs and outputs. */
function readPorts(m: Machine, header: Int32Array, length: number): Port[] {
  var inputs = header[H_INPUT_COUNT / 4];
  var count = inputs + header[H_OUTPUT_COUNT / 4];
  if (inputs < 1 || count <= inputs) fail('LAYOUT', 'no inputs or outputs');
  inside(header[H_PORTS_OFFSET / 4], count * PORT_BYTES, length);
  var ports: Port[] = [];
  for (var i = 0; i < count; i++) {
    var at = seek(m, header[H_PORTS_OFFSET / 4] + i * PORT_BYTES, PORT_BYTES);
    var w = m._bytes;
    var address = word(w, at + P_ADDRESS) - m._base;
    var bytes = word(w, at + P_BYTES);
    // A view of no length would be one of the whole rest on Espruino, and one past the end is not refused there.
    if (address < 0 || bytes < 1 || address + bytes >= m._arena.length) fail('LAYOUT', 'port ' + i);
    ports.push({
      _values: new (word(w, at + P_DTYPE) === DTYPE_UINT8 ? Uint8Array : Int8Array)(m._arena.buffer, address, bytes),
      _scale: real(word(w, at + P_SCALE)),
      _zeroPoint: word(w, at + P_ZERO_POINT),
    });
  }
  return ports;
}

/**
 * Opens a .dw file.
 * @param kernels KIND_* -> kernel.
 * @throws Error with code MAGIC, VERSION, CRC, TRUNCATED, LAYOUT, KIND or MEMORY.
 */
export function openWith(kernels: (Kernel | 0)[], blob: Blob): Net {
  var reader = (blob as Reader).read ? (blob as Reader) : undefined;
  var view = blob as Uint8Array;
  var length = reader || view.buffer ? view.length : view.byteLength;
  var m = {
    _kernels: kernels,
    _reader: reader,
    _bytes: reader
      ? allocate(Int8Array, WINDOW)
      : view.buffer
        ? new Int8Array(view.buffer, view.byteOffset, length)
        : new Int8Array(blob as ArrayBuffer),
    _step: allocate(Int32Array, STEP_BYTES / 2),
    _current: 0,
    _rows: 0,
  } as Machine;
  if (!(length >= 4)) fail('TRUNCATED', length + ' bytes');
  if (word(m._bytes, seek(m, 0, 4)) !== MAGIC) fail('MAGIC', 'not a .dw file');
  if (length < HEADER_BYTES) fail('TRUNCATED', length + ' bytes');
  var at = seek(m, 0, HEADER_BYTES);
  var header = allocate(Int32Array, HEADER_BYTES / 4);
  for (var i = 0; i < header.length; i++) header[i] = word(m._bytes, at + 4 * i);
  if (header[H_VERSION / 4] !== VERSION) fail('VERSION', header[H_VERSION / 4] + ', not ' + VERSION);
  if (header[H_TOTAL_BYTES / 4] !== length) fail('TRUNCATED', length + ' bytes, not ' + header[H_TOTAL_BYTES / 4]);
  if (crc32(m, length) !== header[H_CRC32 / 4]) fail('CRC', 'damaged');
  readProgram(m, header, length);
  var ports = readPorts(m, header, length);
  var strings = header[H_STRINGS_OFFSET / 4];
  inside(strings, header[H_STRINGS_BYTES / 4], length);
  begin(m);
  return new Net(m, ports, header[H_INPUT_COUNT / 4], strings, strings + header[H_STRINGS_BYTES / 4]);
}

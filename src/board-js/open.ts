/** Opening a .dw file. Nothing in it is trusted: it is checked here, once, and all memory is taken here. */
import {
  FEED,
  FLAG_SINGLE_ROUNDING,
  H_ARENA_ADDRESS,
  H_ARENA_BYTES,
  H_CRC32,
  H_FLAGS,
  H_INPUT_COUNT,
  H_MAGIC,
  H_OUTPUT_COUNT,
  H_PORTS_OFFSET,
  H_ROW_SHIFT,
  H_STEP_COUNT,
  H_STEPS_OFFSET,
  H_STRINGS_BYTES,
  H_STRINGS_OFFSET,
  H_TASK_COUNT,
  H_TASKS_OFFSET,
  H_TOTAL_BYTES,
  H_VERSION,
  HEADER_BYTES,
  KIND_BINARY,
  KIND_GATHER,
  MAGIC,
  P_ADDRESS,
  P_BYTES,
  P_DTYPE,
  P_ROW_BYTES,
  P_ROWS,
  P_SCALE,
  P_ZERO_POINT,
  PORT_BYTES,
  S_GROUPS,
  S_IN_ADDRESS,
  S_IN_CHANNELS,
  S_IN_WIDTH,
  S_K,
  S_K_CHUNK,
  S_KERNEL_H,
  S_KERNEL_W,
  S_KIND,
  S_OUT_ADDRESS,
  S_OUT_CHANNELS,
  S_OUT_HEIGHT,
  S_OUT_WIDTH,
  S_STRIDE_W,
  S_TABLE,
  S_WEIGHTS,
  STEP_BYTES,
  TASK_BYTES,
  VERSION,
} from '../program/layout.js';
import { allocate, WINDOW, word } from './bytes.js';
import { crc32 } from './crc.js';
import { begin, loadStep } from './execute.js';
import { expect, fail, refuseLayout } from './fail.js';
import { conv } from './kernels/conv.js';
import { type Espruino, espruinoConv, isCopied, windowBytes } from './kernels/espruino.js';
import { generalConv } from './kernels/general-conv.js';
import { CHUNK } from './kernels/requantize.js';
import type { Machine, Reader } from './machine.js';
import { makeNet, type Net, type Port } from './net.js';
import { Int32, max, min, TWO_30 } from './powers.js';

declare const E: Espruino | undefined;

/** Copied inputs of as many rows as this many bytes hold share one read of weights. */
const WINDOW_BYTES = 512;

// Names of globals stay as long as they are; these get short ones.
const Int8 = Int8Array;
const Float64 = Float64Array;

/** How many multiply-accumulates take as long as a byte that GATHER, PERMUTE or BINARY writes. */
const SLOW = 64;

/** A file in memory, in mapped flash, or behind a function that reads it. */
export type Blob = ArrayBuffer | Uint8Array | Reader;

/** Throws LAYOUT unless `count` bytes from `offset` on are behind the header and inside the file. */
function inside(m: Machine, offset: number, count: number): number {
  refuseLayout(offset < HEADER_BYTES || count < 0 || offset + count > m._length, offset);
  return offset;
}

/** Reads and checks where tasks and steps stand, and what they need; takes arena and scratch. */
function readProgram(m: Machine): void {
  const steps = word(m, H_STEP_COUNT);
  const tasks = word(m, H_TASK_COUNT);
  const arenaBytes = word(m, H_ARENA_BYTES);
  m._arenaBytes = arenaBytes;
  m._stepsOffset = inside(m, word(m, H_STEPS_OFFSET), steps * STEP_BYTES);
  m._tasksOffset = inside(m, word(m, H_TASKS_OFFSET), tasks * TASK_BYTES);
  m._taskCount = tasks;
  m._base = word(m, H_ARENA_ADDRESS);
  m._rowShift = word(m, H_ROW_SHIFT);
  // Its kernels name bytes of the arena and one behind it by 16 bits.
  // biome-ignore lint/complexity/useOptionalChain: a name that is missing may stand behind typeof only.
  if (ESPRUINO) m._espruino = (typeof E !== 'undefined' && E.convolve && arenaBytes < 65535 && E) as Espruino;
  m._single = word(m, H_FLAGS) & FLAG_SINGLE_ROUNDING;
  let i: number;
  for (i = 0; i < tasks; i++) {
    const task = word(m, m._tasksOffset + i * TASK_BYTES);
    const step = task & 65535;
    refuseLayout((step >= steps && step !== FEED) || !((task >> 16) & 255) || !(task >>> 24), i);
  }
  let work = 0;
  let columns = 0;
  let channels = 0;
  // Sizes for Espruino's kernels: inputs of the longest window, and of the longest row of windows.
  let longest = 0;
  let windows = 0;
  let padding = 1;
  for (i = 0; i < steps; i++) {
    const s = loadStep(m, i);
    if (!m._kernel) fail('KIND', s[S_KIND / 2]);
    const k = s[S_KERNEL_H / 2] * s[S_KERNEL_W / 2] * s[S_IN_CHANNELS / 2];
    const sums = PLAIN ? m._kernel === conv || (ESPRUINO && s[S_K_CHUNK / 2]) : s[S_K_CHUNK / 2];
    // Input channels that an output is a sum over.
    const depth = sums ? s[S_IN_CHANNELS / 2] : 1;
    // Values that kernels walk through, a little more than multiply-accumulates, or bytes: a stride beyond the window too.
    work +=
      s[S_OUT_HEIGHT / 2] *
      (s[S_IN_WIDTH / 2] * s[S_IN_CHANNELS / 2] +
        s[S_OUT_WIDTH / 2] *
          (s[S_KERNEL_H / 2] || 1) *
          max(s[S_KERNEL_W / 2], s[S_STRIDE_W / 2], 1) *
          // Values are copied before they are multiplied with the weights of their group.
          (FULL && m._kernel === generalConv
            ? s[S_IN_CHANNELS / 2] * (1 + s[S_OUT_CHANNELS / 2] / s[S_GROUPS / 2])
            : s[S_OUT_CHANNELS / 2] * depth));
    // Their kernels take longer for a byte than others for a multiply-accumulate.
    if (FULL && s[S_KIND / 2] >= KIND_GATHER && s[S_KIND / 2] <= KIND_BINARY) {
      work += SLOW * s[S_OUT_HEIGHT / 2] * s[S_OUT_WIDTH / 2] * s[S_OUT_CHANNELS / 2];
    }
    // Engines check every access to an array; what is left to fear is an inference that never ends. Negative addresses are
    // beyond every limit as unsigned.
    refuseLayout(
      s[S_IN_ADDRESS / 2] >>> 0 > arenaBytes ||
        s[S_OUT_ADDRESS / 2] >>> 0 > arenaBytes ||
        s[S_WEIGHTS / 2] >>> 0 > m._length ||
        s[S_TABLE / 2] >>> 0 > m._length ||
        // The bound is that of src/format/check-steps.ts.
        work > TWO_30 / 4 + 1024 * m._length,
      i,
    );
    if (ESPRUINO && m._kernel === espruinoConv) {
      const depthwise = !s[S_K_CHUNK / 2];
      const n = depthwise || isCopied(s) ? windowBytes(s, depthwise ? 1 : s[S_IN_CHANNELS / 2]) : 0;
      if (n > windows) windows = n;
      if (k > longest) longest = k;
      if (s[S_IN_CHANNELS / 2] > padding) padding = s[S_IN_CHANNELS / 2];
    } else if (PLAIN && s[S_K_CHUNK / 2] && k > columns) {
      // Other convolutions only have chunks of K.
      columns = k;
    }
    if (s[S_OUT_CHANNELS / 2] > channels) channels = s[S_OUT_CHANNELS / 2];
  }
  if (!(ESPRUINO && m._espruino)) channels = min(channels, CHUNK);
  m._arena = allocate(Int8, arenaBytes + padding);
  m._done = allocate(Uint16Array, steps);
  if (PLAIN) {
    m._columns = allocate(Float64, 2 * ((columns + 7) & -8));
    m._sums = allocate(Float64, CHUNK + channels);
  }
  m._scales = allocate(Float64, channels);
  m._addends = allocate(Float64, channels);
  if (ESPRUINO && m._espruino) {
    windows = max(windows, WINDOW_BYTES);
    m._read = allocate(Int8, longest);
    m._weights = allocate(Int8, longest);
    m._order = allocate(Uint16Array, longest);
    m._index = allocate(Uint16Array, windows);
    m._windows = allocate(Int8, windows);
    m._clamped = new Uint8ClampedArray(m._arena.buffer);
    m._flip = allocate(Uint8Array, 256);
    for (i = 0; i < 256; i++) m._flip[i] = i ^ 128;
  }
}

/** The arena's inputs and outputs. */
function readPorts(m: Machine): Port[] {
  const ports: Port[] = [];
  let count = word(m, H_INPUT_COUNT) + word(m, H_OUTPUT_COUNT);
  for (let at = inside(m, word(m, H_PORTS_OFFSET), count * PORT_BYTES); count > 0; count--, at += PORT_BYTES) {
    const address = word(m, at + P_ADDRESS) - m._base;
    const bytes = word(m, at + P_BYTES);
    const rowBytes = word(m, at + P_ROW_BYTES);
    if (rowBytes) {
      m._rowBytes = rowBytes;
      m._inputRows = word(m, at + P_ROWS);
      ports.push({ _values: new Int8(0) } as Port);
      continue;
    }
    // A view of no length would be one of the whole rest on Espruino, and one past the end is not refused there.
    refuseLayout(address < 0 || bytes < 1 || address + bytes > m._arenaBytes, ports.length);
    ports.push({
      _values: new (word(m, at + P_DTYPE) ? Uint8Array : Int8)(m._arena.buffer as ArrayBuffer, address, bytes),
      _scale: new Float32Array(new Int32([word(m, at + P_SCALE)]).buffer)[0],
      _zeroPoint: word(m, at + P_ZERO_POINT),
    });
    if (FULL) ports[ports.length - 1]._dtype = word(m, at + P_DTYPE);
  }
  return ports;
}

/**
 * Opens a .dw file.
 * @throws Error with code MAGIC, VERSION, CRC, TRUNCATED, LAYOUT, KIND or MEMORY.
 */
export function open(blob: Blob): Net {
  const view = ((ESPRUINO && typeof blob === 'string' ? 0 : blob) || 0) as Uint8Array;
  const reader = (view as unknown as Reader).read && (view as unknown as Reader);
  const length = view.length || view.byteLength;
  const m = {
    _reader: reader,
    _bytes: reader
      ? allocate(Int8, WINDOW + 8)
      : new Int8(view.buffer || (view as unknown as ArrayBuffer), view.byteOffset || 0, length),
    _length: length,
    _step: allocate(Int32, S_K / 2),
  } as Machine;
  expect('MAGIC', word(m, H_MAGIC), MAGIC);
  expect('TRUNCATED', length, word(m, H_TOTAL_BYTES));
  expect('VERSION', word(m, H_VERSION), VERSION);
  expect('CRC', crc32(m), word(m, H_CRC32));
  readProgram(m);
  const ports = readPorts(m);
  const inputs = word(m, H_INPUT_COUNT);
  const strings = inside(m, word(m, H_STRINGS_OFFSET), word(m, H_STRINGS_BYTES));
  refuseLayout(inputs < 1 || ports.length <= inputs, inputs);
  begin(m);
  return makeNet(m, ports, inputs, strings, strings + word(m, H_STRINGS_BYTES));
}

/**
 * Kernels for Espruino, whose interpreter takes 40,000 instructions for a multiply-accumulate: E.convolve, which is in C,
 * does a whole sum in one call. It wants both factors as arrays of their own, so inputs are copied to where they stand
 * side by side, windows included; what that costs is shared by all outputs of a layer, or by all pixels of a row.
 */
import {
  S_CLAMP_HIGH,
  S_CLAMP_LOW,
  S_DEPTH_MULTIPLIER,
  S_IN_CHANNELS,
  S_IN_HEIGHT,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_K_CHUNK,
  S_KERNEL_H,
  S_KERNEL_W,
  S_OUT_CHANNELS,
  S_OUT_HEIGHT,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_PAD_LEFT,
  S_PAD_TOP,
  S_STRIDE_H,
  S_STRIDE_W,
  S_WEIGHTS,
} from '../../program/layout.js';
import { seek } from '../bytes.js';
import type { Machine } from '../machine.js';
import { max, min } from '../powers.js';
import { clamp, generalValue, OFFSET, readTable } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** Espruino's global object of functions in C. */
export interface Espruino {
  /** Sum over i of a[i] * b[(i + offset) % b.length]. */
  convolve?(a: Int8Array, b: Int8Array, offset: number): number;
  /** to[i] = map[from[i]], for all of `from`. */
  mapInPlace(
    from: Uint16Array | Uint8ClampedArray,
    to: Int8Array | Uint8ClampedArray,
    map: Int8Array | Uint8Array,
  ): void;
  CRC32?(bytes: ArrayLike<number>): number;
}

/** Pixels of a pointwise layer that share one read of its weights. */
const PIXELS = 64;

/** Columns that the windows of a row cover. */
function columnsOf(s: Int32Array): number {
  return (s[S_OUT_WIDTH / 2] - 1) * s[S_STRIDE_W / 2] + s[S_KERNEL_W / 2];
}

/**
 * Where the inputs under the windows of output row y stand: column by column, from top to bottom, and of each pixel so many
 * channels. Copied in this order, a window is one piece, and the next one begins a few columns later. Entries of _index
 * from n on.
 */
function listWindows(m: Machine, y: number, channels: number, n: number): void {
  const s = m._step;
  const index = m._index;
  const padding = m._arenaBytes;
  const width = s[S_IN_WIDTH / 2];
  const pixel = s[S_IN_CHANNELS / 2];
  const kernelH = s[S_KERNEL_H / 2];
  const left = -s[S_PAD_LEFT / 2];
  const right = left + columnsOf(s);
  const step = kernelH * channels;
  for (let ky = 0; ky < kernelH; ky++) {
    const row = inputRow(m, y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2] + ky);
    const limit = row < 0 ? 0 : width;
    for (let c = 0; c < channels; c++) {
      let at = row + left * pixel + c;
      // Taken as unsigned, a column left of the input is beyond every limit.
      for (let column = left, to = n++; column < right; column++, to += step) {
        index[to] = column >>> 0 < limit ? at : padding + c;
        at += pixel;
      }
    }
  }
}

/** The order of weights that goes with listWindows: entry i is the place of weight i in [kernelH][kernelW][channels]. */
function listWeights(m: Machine, channels: number): Uint16Array {
  const s = m._step;
  const kernelW = s[S_KERNEL_W / 2];
  let n = 0;
  for (let kx = 0; kx < kernelW; kx++) {
    for (let ky = 0; ky < s[S_KERNEL_H / 2]; ky++) {
      for (let c = 0; c < channels; c++) m._order[n++] = (ky * kernelW + kx) * channels + c;
    }
  }
  return m._order.subarray(0, n);
}

/** Where the weights of an output stand in the file, from its first one on, but for a last block that is not whole. */
function listBlocks(m: Machine, k: number): Uint16Array {
  k &= -8;
  for (let i = 0; i < k; i++) m._order[i] = (i & -8) * m._step[S_OUT_CHANNELS / 2] + (i & 7);
  return m._order.subarray(0, k);
}

/**
 * Where outputs may be any int8, they go through an array that clamps to 0..255, as value + 128; then flipRows takes the 128
 * off. That is much less than what two comparisons take.
 */
function clampsItself({ _step: s }: Machine): boolean {
  return s[S_CLAMP_HIGH / 2] - s[S_CLAMP_LOW / 2] === 255 && s[S_OUT_PIXEL_STRIDE / 2] === s[S_OUT_CHANNELS / 2];
}

/**
 * One output channel of all pixels in `views`, `size` in each. Inputs of a pixel stand `step` behind those of the one before
 * it; outputs of view n go to the arena from places[n] on. Views and pixels are taken from behind, so that an offset is all
 * that the loop asks for.
 */
function outputs(
  m: Machine,
  views: Int8Array[],
  places: number[],
  weights: Int8Array,
  step: number,
  size: number,
  channel: number,
): void {
  const clamped = m._clamped;
  const convolve = m._espruino.convolve!;
  const stride = m._step[S_OUT_PIXEL_STRIDE / 2];
  const scale = m._scales[channel];
  const addend = m._addends[channel] - OFFSET + 128;
  for (let n = views.length; n--; ) {
    const inputs = views[n];
    let at = size * step;
    let to = places[n] + channel + size * stride;
    while (at) {
      at -= step;
      to -= stride;
      clamped[to] = (convolve(weights, inputs, at) * scale + addend) | 0;
    }
  }
}

/** Outputs for any clamp and any channel; adds `offset` to values. */
function anyOutputs(
  m: Machine,
  views: Int8Array[],
  places: number[],
  weights: Int8Array,
  step: number,
  size: number,
  channel: number,
  offset: number,
): void {
  const s = m._step;
  for (let n = views.length; n--; ) {
    for (let x = 0; x < size; x++) {
      const value = generalValue(m, m._espruino.convolve!(weights, views[n], x * step), channel) - OFFSET;
      m._arena[places[n] + channel + x * s[S_OUT_PIXEL_STRIDE / 2]] = clamp(s, value) + offset;
    }
  }
}

function flipRows(m: Machine, first: number, n: number): void {
  const s = m._step;
  while (n--) {
    const at = outputRow(m, first + n);
    const row = m._clamped.subarray(at, at + s[S_OUT_WIDTH / 2] * s[S_OUT_CHANNELS / 2]);
    m._espruino.mapInPlace(row, row, m._flip);
  }
}

/** Bytes of the copied inputs of a row: of all channels, or of one. */
export function windowBytes(s: Int32Array, channels: number): number {
  return columnsOf(s) * s[S_KERNEL_H / 2] * channels;
}

/**
 * Pixels of a row that share a view: E.convolve walks to its offset, 110 instructions for each byte, and 65,000 or so are
 * what a loop takes to begin with another view.
 */
function viewPixels(width: number, step: number): number {
  return Math.ceil(width / Math.ceil(width / Math.sqrt(2800 / max(step, 1))));
}

/** How many of `rows` rows are computed at a time, at least one; lists views of their inputs, and where outputs of each go. */
function listRows(
  m: Machine,
  views: Int8Array[],
  places: number[],
  first: number,
  rows: number,
  bytes: number,
  copied: boolean,
  step: number,
  size: number,
): number {
  const width = m._step[S_OUT_WIDTH / 2];
  const most = (copied ? m._windows.length / bytes : PIXELS / width) | 0 || 1;
  const n = min(rows, most);
  for (let i = 0; i < n; i++) {
    const at = copied ? i * bytes : inputRow(m, first + i);
    for (let x = 0; x < width; x += size) {
      // The rest may be less: then some pixels are computed twice.
      const from = min(x, width - size);
      views.push((copied ? m._windows : m._arena).subarray(at + from * step, at + bytes));
      places.push(outputRow(m, first + i) + from * m._step[S_OUT_PIXEL_STRIDE / 2]);
    }
  }
  return n;
}

/** Whether inputs of a convolution do not stand side by side as they are: padding may be below them and to the right alone. */
export function isCopied(s: Int32Array): boolean {
  const window = s[S_KERNEL_H / 2] * s[S_KERNEL_W / 2] * s[S_STRIDE_H / 2] * s[S_STRIDE_W / 2];
  return window > 1 || s[S_OUT_HEIGHT / 2] + s[S_OUT_WIDTH / 2] > s[S_IN_HEIGHT / 2] + s[S_IN_WIDTH / 2];
}

/** Convolution, depthwise convolution with any window, and fully connected layers. */
export function espruinoConv(m: Machine, first: number, rows: number): void {
  const s = m._step;
  const map = m._espruino.mapInPlace;
  const bytes = m._bytes;
  const channels = s[S_OUT_CHANNELS / 2];
  const kernelH = s[S_KERNEL_H / 2];
  const taps = kernelH * s[S_KERNEL_W / 2];
  const depthwise = !s[S_K_CHUNK / 2];
  const copied = depthwise || isCopied(s);
  // Channels that a window has, its values, and those that stand together in the file.
  const inputs = depthwise ? 1 : s[S_IN_CHANNELS / 2];
  const k = taps * inputs;
  const block = depthwise ? k : 8;
  const step = copied ? kernelH * s[S_STRIDE_W / 2] * inputs : inputs;
  const rowBytes = copied ? windowBytes(s, inputs) : s[S_OUT_WIDTH / 2] * inputs;
  const size = viewPixels(s[S_OUT_WIDTH / 2], step);
  const row = clampsItself(m);
  const gathered = !copied && !m._reader && k > 7 && k * channels < 65536;
  const order = gathered ? listBlocks(m, k) : listWeights(m, copied ? inputs : 0);
  const read = m._read.subarray(0, k);
  const weights = copied ? m._weights.subarray(0, k) : read;
  for (let c = 0; c < s[S_IN_CHANNELS / 2]; c++) m._arena[m._arenaBytes + c] = s[S_IN_ZERO_POINT / 2];
  readTable(m, 0, channels);
  for (const end = first + rows; first < end; ) {
    // These go with the task: between tasks a network holds what opening took.
    const views: Int8Array[] = [];
    const places: number[] = [];
    const n = listRows(m, views, places, first, end - first, rowBytes, copied, step, size);
    for (let i = 0; copied && i < n; i++) listWindows(m, first + i, inputs, i * rowBytes);
    const index = m._index.subarray(0, copied ? n * rowBytes : 0);
    for (let channel = 0; channel < channels; channel++) {
      // A depthwise layer's windows are of one channel each, a convolution's are the same for all.
      if (copied && (depthwise || !channel)) {
        map(index, m._windows, m._arena.subarray(depthwise ? (channel / s[S_DEPTH_MULTIPLIER / 2]) | 0 : 0));
      }
      let at = s[S_WEIGHTS / 2] + block * channel;
      let j = 0;
      if (gathered) {
        map(order, weights, bytes.subarray(at));
        j = k & -8;
        at += j * channels;
      }
      for (; j < k; j += block) {
        let part = block;
        if (j + block > k) {
          part = k - j;
          at += channel * (part - block);
        }
        const from = m._reader ? seek(m, at, part) : at;
        read.set(bytes.subarray(from, from + part), j);
        at += block * channels;
      }
      if (copied) map(order, weights, read);
      if (row && m._scales[channel]) outputs(m, views, places, weights, step, size, channel);
      else anyOutputs(m, views, places, weights, step, size, channel, row ? 128 : 0);
    }
    if (row) flipRows(m, first, n);
    first += n;
  }
}

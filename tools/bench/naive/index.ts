// What `npm run bench` compares with: the same executor and the same files, but convolutions as plain loops, one
// multiply-accumulate after the other. Everything else is the module's own.
import * as L from '../../../src/program/layout';
import { add, flip, lookUp, pad } from '../../../src/kernels/wasm/elementwise';
import { prepare } from '../../../src/kernels/wasm/executor';
import { mean, pool } from '../../../src/kernels/wasm/pool';
import { clamp, multiplyByQuantizedMultiplier } from '../../../src/kernels/wasm/requantize';
import { softmax } from '../../../src/kernels/wasm/softmax';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from '../../../src/kernels/wasm/step';

export { begin } from '../../../src/kernels/wasm/executor';

export function tick(): i32 {
  const result = prepare();
  if (result) run();
  return result;
}

function run(): void {
  const kind = word32(L.S_KIND);
  if (kind == L.KIND_CONV || kind == L.KIND_FULLY_CONNECTED) conv();
  else if (kind == L.KIND_DEPTHWISE) depthwise();
  else if (kind == L.KIND_AVERAGE_POOL || kind == L.KIND_MAX_POOL) pool();
  else if (kind == L.KIND_SOFTMAX) softmax();
  else if (kind == L.KIND_MEAN) mean();
  else if (kind == L.KIND_ADD) add();
  else if (kind == L.KIND_LUT) lookUp();
  else if (kind == L.KIND_PAD) pad();
  else if (kind == L.KIND_FLIP) flip();
  else unreachable();
}

const K_BLOCK = 8;

// Scratch: 64 sums; 64 biases, multipliers and shifts; weights.
// @ts-ignore: decorator
@inline function tableAt(): i32 { return scratch() + 4 * L.MOST_OUTPUTS; }
// @ts-ignore: decorator
@inline function weightsAt(): i32 { return tableAt() + 9 * L.MOST_OUTPUTS; }

/** Biases, multipliers and shifts of n channels. */
function readTable(channel: i32, n: i32): void {
  const channels = word16(L.S_OUT_CHANNELS);
  const table = word32(L.S_TABLE);
  read(tableAt(), table + 4 * channel, 4 * n);
  read(tableAt() + 4 * n, table + 4 * (channels + channel), 4 * n);
  read(tableAt() + 8 * n, table + 8 * channels + channel, n);
}

/** The finished byte of output i of n. */
function finished(sum: i32, i: i32, n: i32): i32 {
  const at = tableAt();
  const total = sum + load<i32>(at + 4 * i);
  const scaled = multiplyByQuantizedMultiplier(total, load<i32>(at + 4 * (n + i)), <i32>load<i8>(at + 8 * n + i));
  return clamp(scaled + signed16(L.S_OUT_ZERO_POINT));
}

/** The input under place (ky, kx) of the window of output pixel (y, x), the zero point where it is padding. */
function inputAt(y: i32, x: i32, ky: i32, kx: i32, channel: i32): i32 {
  const row = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP) + ky;
  const column = x * word16(L.S_STRIDE_W) - word16(L.S_PAD_LEFT) + kx;
  if (<u32>row >= <u32>word16(L.S_IN_HEIGHT) || <u32>column >= <u32>word16(L.S_IN_WIDTH)) return signed16(L.S_IN_ZERO_POINT);
  return <i32>load<i8>(inputRow(row) + column * inputPixel() + channel);
}

function conv(): void {
  for (let channel = 0; channel < word16(L.S_OUT_CHANNELS); channel += word16(L.S_OUT_CHUNK)) {
    const n = min(word16(L.S_OUT_CHUNK), word16(L.S_OUT_CHANNELS) - channel);
    readTable(channel, n);
    for (let y = firstRow(); y < endRow(); y++) {
      for (let x = 0; x < word16(L.S_OUT_WIDTH); x++) convPixel(y, x, channel, n);
    }
  }
}

function convPixel(y: i32, x: i32, channel: i32, n: i32): void {
  const channels = word16(L.S_IN_CHANNELS);
  const k = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W) * channels;
  const weightZeroPoint = signed16(L.S_WEIGHT_ZERO_POINT);
  const point = k == channels;
  memory.fill(scratch(), 0, 4 * n);
  for (let from = 0; from < k; from += K_BLOCK) {
    const width = min(K_BLOCK, k - from);
    read(weightsAt(), word32(L.S_WEIGHTS) + from * word16(L.S_OUT_CHANNELS) + channel * width, n * width);
    for (let i = 0; i < width; i++) {
      const tap = point ? 0 : (from + i) / channels;
      const value = inputAt(y, x, tap / word16(L.S_KERNEL_W), tap % word16(L.S_KERNEL_W), from + i - tap * channels);
      for (let o = 0; o < n; o++) {
        const sum = scratch() + 4 * o;
        store<i32>(sum, load<i32>(sum) + value * (<i32>load<i8>(weightsAt() + o * width + i) - weightZeroPoint));
      }
    }
  }
  const output = outputRow(y) + x * word16(L.S_OUT_PIXEL_STRIDE) + channel;
  for (let o = 0; o < n; o++) store<u8>(output + o, finished(load<i32>(scratch() + 4 * o), o, n));
}

function depthwise(): void {
  const taps = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W);
  for (let channel = 0; channel < word16(L.S_OUT_CHANNELS); channel += word16(L.S_OUT_CHUNK)) {
    const n = min(word16(L.S_OUT_CHUNK), word16(L.S_OUT_CHANNELS) - channel);
    readTable(channel, n);
    read(weightsAt(), word32(L.S_WEIGHTS) + channel * taps, n * taps);
    for (let y = firstRow(); y < endRow(); y++) {
      for (let x = 0; x < word16(L.S_OUT_WIDTH); x++) {
        const output = outputRow(y) + x * word16(L.S_OUT_PIXEL_STRIDE) + channel;
        for (let i = 0; i < n; i++) store<u8>(output + i, finished(depthwiseSum(y, x, channel, i, taps), i, n));
      }
    }
  }
}

function depthwiseSum(y: i32, x: i32, channel: i32, i: i32, taps: i32): i32 {
  const source = (channel + i) / word16(L.S_DEPTH_MULTIPLIER);
  const weightZeroPoint = signed16(L.S_WEIGHT_ZERO_POINT);
  let sum = 0;
  for (let tap = 0; tap < taps; tap++) {
    const value = inputAt(y, x, tap / word16(L.S_KERNEL_W), tap % word16(L.S_KERNEL_W), source);
    sum += value * (<i32>load<i8>(weightsAt() + i * taps + tap) - weightZeroPoint);
  }
  return sum;
}

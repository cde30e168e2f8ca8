// Convolution of any window as a product of matrices, [outputs x K] * [K x pixels], K = kernelH * kernelW * channels.
// Pixels are taken in groups of twelve, packed three to a word (lanes.ts); weights stream from the blob.
//
//   for every chunk of outputs                    S_OUT_CHUNK: its requantisation records are made once
//     for every group of 12 output pixels
//       for every chunk of K                      S_K_CHUNK: gather and pack the pixels
//         for every 8 of K                        stream the weights, multiply and add
//       requantise the group's sums
//
// Weights stand in the blob as [ceil(K / 8)][outputs][8], the last block as narrow as what is left of K.
// Each of the functions that `group` calls returns before the next begins: no interpreter frame of one is below those of
// another on machines that keep them (docs/kernels.md, native depth).
import * as L from '../../program/layout';
import {
  FOUR_WORDS,
  GROUP_BYTES,
  GROUP_PIXELS,
  K_BLOCK,
  LANE_MASK,
  LANE_OFFSET,
  LANE_OFFSETS,
  ONES,
  left,
  multiplyAccumulate8,
  multiplyAccumulateRest,
  packPixels,
} from './lanes';
import {
  highRounding,
  loadRecords,
  RECORD_BYTES,
  RECORD_MULTIPLIER,
  RECORD_SHIFT,
  requantize,
  zeroPointAndHalf,
} from './requantize';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

const RECORDS = L.SCRATCH_RECORDS;
/** Where the eight bytes begin whose last one is the finished byte. */
const FINISHED = L.SCRATCH_FINISHED - 7;

/** The task's output rows. */
export function conv(): void {
  const end = endRow() * word16(L.S_OUT_WIDTH);
  let channel = 0;
  do {
    const n = loadRecords(scratch() + RECORDS, scratch() + L.SCRATCH_SUMS, channel);
    let pixel = firstRow() * word16(L.S_OUT_WIDTH);
    do {
      group(pixel, min(GROUP_PIXELS, end - pixel), channel, n);
      pixel += GROUP_PIXELS;
    } while (pixel < end);
    channel += n;
  } while (channel != word16(L.S_OUT_CHANNELS));
}

/** n outputs from `channel` on of the `pixels` <= 12 output pixels from `pixel` on, counted row by row. */
function group(pixel: i32, pixels: i32, channel: i32, n: i32): void {
  const step = locate(pixel, pixels);
  startSums(n);
  const k = word32(L.S_K);
  let k0 = 0;
  do {
    const k1 = min(k, k0 + word16(L.S_K_CHUNK));
    packPixels(k0, k1 - k0, pixels, step);
    if (signed16(L.S_WEIGHT_ZERO_POINT)) subtractZeroPoint(k1 - k0, n);
    multiply(k0, k1, channel, n, pixels >= FOUR_WORDS);
    if (word32(L.S_ACCUMULATORS)) emptyLanes(k1, n);
    k0 = k1;
  } while (k0 != k);
  if (word32(L.S_ACCUMULATORS)) finishAccumulators(n);
  else finishLanes(n);
  copyOut(pixel, pixels, channel, n);
}

/**
 * Writes down where the windows of the group's pixels stand: of the first one alone, if the others follow at equal distances,
 * which are returned; of all twelve, if not, and then returns 0. Pixels beyond the last one are the last one again.
 */
export function locate(pixel: i32, pixels: i32): i32 {
  const run = word32(L.S_RUN_PIXELS);
  const step = word16(L.S_STRIDE_W) * inputPixel();
  let table = scratch() + L.SCRATCH_PIXELS;
  const end = table + 4 * GROUP_PIXELS;
  let y = pixel / run;
  let x = pixel - y * run;
  let copy = word32(L.S_WINDOW);
  let address: i32;
  do {
    const n = min(pixels, run - x);
    if (copy) {
      copyWindows(y, x, copy);
      address = copy;
      copy += word16(L.S_KERNEL_H) * word32(L.S_WINDOW_ROW);
    } else {
      address = inputRow(y) + x * step;
    }
    const stop = table + 4 * n;
    store<i32>(table, address);
    if (n == GROUP_PIXELS) return step;
    do {
      store<i32>(table, address);
      address += step;
      table += 4;
    } while (table != stop);
    pixels -= n;
    x = 0;
    y++;
  } while (pixels);
  for (; table != end; table += 4) store<i32>(table, address - step);
  return 0;
}

/** Copies the input under the windows from output pixel (y, x) on, row above row, the zero point where it is padding. */
function copyWindows(y: i32, x: i32, to: i32): void {
  const bytes = word32(L.S_WINDOW_ROW);
  const pixel = inputPixel();
  const left = x * word16(L.S_STRIDE_W) - word16(L.S_PAD_LEFT);
  const from = max(0, left) * pixel;
  const count = min(word16(L.S_IN_WIDTH) * pixel, left * pixel + bytes) - from;
  let row = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
  const end = row + word16(L.S_KERNEL_H);
  do {
    const inside = <u32>row < <u32>word16(L.S_IN_HEIGHT) ? count : 0;
    if (inside < bytes) memory.fill(to, <u8>signed16(L.S_IN_ZERO_POINT), bytes);
    if (inside > 0) memory.copy(to + from - left * pixel, inputRow(row) + from, inside);
    to += bytes;
  } while (++row != end);
}

/** Sums begin at their records' starts, or where 32-bit accumulators follow at 0. */
function startSums(n: i32): void {
  let sums = scratch() + L.SCRATCH_SUMS;
  const records = scratch() + RECORDS;
  do {
    if (word32(L.S_ACCUMULATORS)) memory.fill(sums, 0, n << 3);
    else memory.copy(sums, records, n << 3);
    sums += L.SCRATCH_COLUMN;
  } while (sums != records);
}

/** Adds to all sums of n outputs what is the same for them: less the weights' zero point times the sum of k inputs. */
function subtractZeroPoint(k: i32, n: i32): void {
  const zeroPoint = <i64>signed16(L.S_WEIGHT_ZERO_POINT);
  let sums = scratch() + L.SCRATCH_SUMS;
  for (let j = 0; j < GROUP_BYTES; j += 8) {
    let words = scratch() + j;
    let total: i64 = 0;
    const end = words + k * GROUP_BYTES;
    for (; words < end; words += GROUP_BYTES) total += load<i64>(words, L.SCRATCH_WORDS);
    total *= zeroPoint;
    const stop = sums + 8 * n;
    for (let at = sums; at < stop; at += 8) store<i64>(at, load<i64>(at) - total);
    sums += L.SCRATCH_COLUMN;
  }
}

/** Inputs [k0, k1), which are packed, times the weights of n outputs, added to the sums. */
function multiply(k0: i32, k1: i32, channel: i32, n: i32, four: i32): void {
  const outputs = word16(L.S_OUT_CHANNELS);
  const weights = scratch() + L.SCRATCH_WEIGHTS;
  let words = scratch() + L.SCRATCH_WORDS;
  let from = word32(L.S_WEIGHTS) + k0 * outputs + channel * K_BLOCK;
  let width = k1 - k0;
  for (; width >= K_BLOCK; width -= K_BLOCK) {
    read(weights, from, n * K_BLOCK);
    multiplyAccumulate8(words, weights, weights + n * K_BLOCK, four);
    words += K_BLOCK * GROUP_BYTES;
    from += K_BLOCK * outputs;
  }
  if (width == 0) return;
  read(weights, from - channel * (K_BLOCK - width), n * width);
  multiplyAccumulateRest(words, weights, weights + n * width, width);
}

/**
 * Where lanes may be full after k1 inputs, or where these are all: adds the lanes of n outputs to 32-bit accumulators
 * [n][12], or starts those with them, and starts the lanes anew.
 */
function emptyLanes(k1: i32, n: i32): void {
  const laneK = word16(L.S_LANE_K);
  if (k1 != word32(L.S_K) && k1 % laneK) return;
  let to = word32(L.S_ACCUMULATORS);
  const end = to + n * GROUP_PIXELS * 4;
  if (k1 <= laneK) memory.fill(to, 0, end - to);
  let sums = scratch() + L.SCRATCH_SUMS;
  do {
    let word = sums;
    const stop = to + 4 * GROUP_PIXELS;
    do {
      let lanes = load<i64>(word) + LANE_OFFSETS;
      const last = to + 12;
      do {
        store<i32>(to, load<i32>(to) + <i32>((lanes & LANE_MASK) - LANE_OFFSET));
        lanes = lanes >>> 21;
        to += 4;
      } while (to != last);
      word += L.SCRATCH_COLUMN;
    } while (to != stop);
    sums += 8;
  } while (to != end);
  startSums(n);
}

/** Requantises the accumulators to the group's finished pixels. */
function finishAccumulators(n: i32): void {
  let accumulators = word32(L.S_ACCUMULATORS);
  let record = scratch() + RECORDS;
  let column = scratch() + L.SCRATCH_FINISHED;
  const end = column + n;
  do {
    let to = column;
    const stop = accumulators + 4 * GROUP_PIXELS;
    do {
      store<u8>(to, requantize(load<i32>(accumulators), record));
      to += L.FINISHED_PIXEL;
      accumulators += 4;
    } while (accumulators != stop);
    record += RECORD_BYTES;
  } while (++column != end);
}

/** Requantises the group's lanes to its finished pixels, as [pixels][FINISHED_PIXEL], the last output first. */
function finishLanes(n: i32): void {
  const twice = highRounding(), half = zeroPointAndHalf();
  const first = scratch();
  let at = first + RECORD_BYTES * n;
  let to = first + n;
  do {
    at -= RECORD_BYTES;
    to--;
    const shift: i64 = load<u32>(at, RECORDS + RECORD_SHIFT);
    const range = shift >>> 6;
    let multiplier: i64 = load<i32>(at, RECORDS + RECORD_MULTIPLIER);
    const addend = ((range * multiplier + twice) << shift) + half;
    multiplier <<= shift;
    const ranges = range * ONES + LANE_OFFSETS;
    let lanes = left(load<i64>(at, L.SCRATCH_SUMS), ranges);
    store<i64>(to, addend - (lanes & LANE_MASK) * multiplier, FINISHED);
    store<i64>(to, addend - ((lanes >>> 21) & LANE_MASK) * multiplier, FINISHED + L.FINISHED_PIXEL);
    store<i64>(to, addend - (lanes >>> 42) * multiplier, FINISHED + 2 * L.FINISHED_PIXEL);
    lanes = left(load<i64>(at, L.SCRATCH_SUMS + L.SCRATCH_COLUMN), ranges);
    store<i64>(to, addend - (lanes & LANE_MASK) * multiplier, FINISHED + 3 * L.FINISHED_PIXEL);
    store<i64>(to, addend - ((lanes >>> 21) & LANE_MASK) * multiplier, FINISHED + 4 * L.FINISHED_PIXEL);
    store<i64>(to, addend - (lanes >>> 42) * multiplier, FINISHED + 5 * L.FINISHED_PIXEL);
    lanes = left(load<i64>(at, L.SCRATCH_SUMS + 2 * L.SCRATCH_COLUMN), ranges);
    store<i64>(to, addend - (lanes & LANE_MASK) * multiplier, FINISHED + 6 * L.FINISHED_PIXEL);
    store<i64>(to, addend - ((lanes >>> 21) & LANE_MASK) * multiplier, FINISHED + 7 * L.FINISHED_PIXEL);
    store<i64>(to, addend - (lanes >>> 42) * multiplier, FINISHED + 8 * L.FINISHED_PIXEL);
    lanes = left(load<i64>(at, L.SCRATCH_SUMS + 3 * L.SCRATCH_COLUMN), ranges);
    store<i64>(to, addend - (lanes & LANE_MASK) * multiplier, FINISHED + 9 * L.FINISHED_PIXEL);
    store<i64>(to, addend - ((lanes >>> 21) & LANE_MASK) * multiplier, FINISHED + 10 * L.FINISHED_PIXEL);
    store<i64>(to, addend - (lanes >>> 42) * multiplier, FINISHED + 11 * L.FINISHED_PIXEL);
  } while (to != first);
}

/** Copies the finished pixels to where they belong. */
function copyOut(pixel: i32, pixels: i32, channel: i32, n: i32): void {
  const run = word32(L.S_RUN_PIXELS);
  const stride = word16(L.S_OUT_PIXEL_STRIDE);
  let from = scratch() + L.SCRATCH_FINISHED;
  let y = pixel / run;
  let x = pixel - y * run;
  do {
    const count = min(pixels, run - x);
    let to = outputRow(y) + x * stride + channel;
    const stop = from + count * L.FINISHED_PIXEL;
    do {
      memory.copy(to, from, n);
      to += stride;
      from += L.FINISHED_PIXEL;
    } while (from != stop);
    pixels -= count;
    x = 0;
    y++;
  } while (pixels);
}

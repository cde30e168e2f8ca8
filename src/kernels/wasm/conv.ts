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
import * as L from '../../format/layout';
import {
  FOUR_WORDS,
  GROUP_BYTES,
  GROUP_PIXELS,
  K_BLOCK,
  LANE_MASK,
  LANE_OFFSET,
  LANE_OFFSETS,
  multiplyAccumulate8,
  multiplyAccumulateRest,
  packPixels,
} from './lanes';
import {
  fast,
  loadRecords,
  RECORD_BYTES,
  RECORD_MULTIPLIER,
  RECORD_SHIFT,
  requantize,
} from './requantize';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

/** Rests of K up to this many are multiplied one by one; longer ones are filled up with zeros to a block of eight. */
const SINGLES = 4;

/** The task's output rows. */
export function conv(): void {
  const end = endRow() * word16(L.S_OUT_WIDTH);
  let channel = 0;
  do {
    const n = loadRecords(scratch() + L.SCRATCH_RECORDS, scratch() + L.SCRATCH_SUMS, channel);
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
  locate(pixel, pixels);
  startSums(n);
  let k0 = 0;
  do {
    const k1 = min(word32(L.S_K), k0 + word16(L.S_K_CHUNK));
    packPixels(k0, k1 - k0, pixels);
    if (signed16(L.S_WEIGHT_ZERO_POINT)) subtractZeroPoint(k1 - k0);
    multiply(k0, k1, channel, n, pixels);
    // Where lanes may be full, or K ends.
    if (word32(L.S_ACCUMULATORS) && (k1 == word32(L.S_K) || k1 % word16(L.S_LANE_K) == 0)) {
      emptyLanes(n, k1 <= word16(L.S_LANE_K));
    }
    k0 = k1;
  } while (k0 < word32(L.S_K));
  if (word32(L.S_ACCUMULATORS)) finishAccumulators(n);
  else finishLanes(pixels, n);
  copyOut(pixel, pixels, channel, n);
}

/** Writes down where the windows of the group's pixels stand. Pixels beyond the last one are the last one again. */
export function locate(pixel: i32, pixels: i32): void {
  const run = word32(L.S_RUN_PIXELS);
  let table = scratch() + L.SCRATCH_PIXELS;
  const end = table + 4 * GROUP_PIXELS;
  let y = pixel / run;
  let x = pixel - y * run;
  let copy = word32(L.S_WINDOW);
  const step = word16(L.S_STRIDE_W) * inputPixel();
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

function startSums(n: i32): void {
  let sums = scratch() + L.SCRATCH_SUMS;
  for (let j = 0; j < GROUP_BYTES; j += 8) {
    memory.fill(sums, 0, n << 3);
    store<i64>(scratch() + j, LANE_OFFSETS, L.SCRATCH_OFFSETS);
    sums += L.SCRATCH_COLUMN;
  }
}

/** The weights' zero point times the sum of the inputs is the same for all outputs: it goes into the lanes' offsets. */
function subtractZeroPoint(n: i32): void {
  const zeroPoint = <i64>signed16(L.S_WEIGHT_ZERO_POINT);
  for (let j = 0; j < GROUP_BYTES; j += 8) {
    const at = scratch() + j;
    let total: i64 = 0;
    const end = at + n * GROUP_BYTES;
    for (let words = at; words < end; words += GROUP_BYTES) total += load<i64>(words, L.SCRATCH_WORDS);
    store<i64>(at, load<i64>(at, L.SCRATCH_OFFSETS) - total * zeroPoint, L.SCRATCH_OFFSETS);
  }
}

/** Inputs [k0, k1), which are packed, times the weights of n outputs, added to the sums. */
function multiply(k0: i32, k1: i32, channel: i32, n: i32, pixels: i32): void {
  const end = scratch() + L.SCRATCH_WEIGHTS + n * K_BLOCK;
  let words = scratch() + L.SCRATCH_WORDS;
  do {
    if (stream(k0, min(K_BLOCK, k1 - k0), channel, n, words)) {
      multiplyAccumulate8(words, scratch() + L.SCRATCH_WEIGHTS, end, pixels >= FOUR_WORDS);
    }
    words += K_BLOCK * GROUP_BYTES;
    k0 += K_BLOCK;
  } while (k0 < k1);
}

/**
 * Reads the weights of n outputs for inputs [k0, k0 + width), width <= 8. Returns whether they are to be multiplied by the
 * eight words of inputs; a narrow block at the end of K is made one of eight, or multiplied here.
 */
function stream(k0: i32, width: i32, channel: i32, n: i32, words: i32): bool {
  const end = scratch() + L.SCRATCH_WEIGHTS + n * K_BLOCK;
  const weights = end - n * width;
  read(weights, word32(L.S_WEIGHTS) + k0 * word16(L.S_OUT_CHANNELS) + channel * width, n * width);
  if (width <= SINGLES) {
    multiplyAccumulateRest(words, scratch() + L.SCRATCH_WEIGHTS, end, weights, width);
    return false;
  }
  if (width < K_BLOCK) widen(words, weights, end, width);
  return true;
}

/** Makes a narrow block of K, whose weights end at `end`, one of eight. */
function widen(words: i32, narrow: i32, end: i32, width: i32): void {
  // What follows a narrow row are weights too; they meet words of zeros.
  memory.fill(words + width * GROUP_BYTES, 0, (K_BLOCK - width) * GROUP_BYTES);
  for (let to = scratch() + L.SCRATCH_WEIGHTS; to != end; to += K_BLOCK) {
    store<i64>(to, load<i64>(narrow));
    narrow += width;
  }
}

/** Adds the lanes of n outputs to 32-bit accumulators [n][12], or starts those with them, and starts the lanes anew. */
function emptyLanes(n: i32, fresh: i32): void {
  let to = word32(L.S_ACCUMULATORS);
  const end = to + n * GROUP_PIXELS * 4;
  if (fresh) memory.fill(to, 0, end - to);
  let sums = scratch() + L.SCRATCH_SUMS;
  do {
    let word = sums;
    let offset = scratch() + L.SCRATCH_OFFSETS;
    const stop = to + 4 * GROUP_PIXELS;
    do {
      let lanes = load<i64>(word) + load<i64>(offset);
      const last = to + 12;
      do {
        store<i32>(to, load<i32>(to) + <i32>((lanes & LANE_MASK) - LANE_OFFSET));
        lanes = lanes >>> 21;
        to += 4;
      } while (to != last);
      word += L.SCRATCH_COLUMN;
      offset += 8;
    } while (to != stop);
    sums += 8;
  } while (to != end);
  startSums(n);
}

/** Requantises the accumulators to the group's finished pixels. */
function finishAccumulators(n: i32): void {
  let accumulators = word32(L.S_ACCUMULATORS);
  let record = scratch() + L.SCRATCH_RECORDS;
  let column = scratch() + L.SCRATCH_WORDS;
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

/** Requantises the group's lanes to its finished pixels, as [pixels][FINISHED_PIXEL]: two words of each output at a time. */
function finishLanes(pixels: i32, n: i32): void {
  const low = <i64>signed16(L.S_CLAMP_LOW), high = <i64>signed16(L.S_CLAMP_HIGH);
  let offsets = scratch() + L.SCRATCH_OFFSETS;
  let sums = scratch() + L.SCRATCH_SUMS;
  let to = scratch() + L.SCRATCH_WORDS;
  do {
    const o0 = load<i64>(offsets), o1 = load<i64>(offsets, 8);
    let record = scratch() + L.SCRATCH_RECORDS;
    const end = to + n;
    do {
      const addend = load<i64>(record);
      const multiplier: i64 = load<i32>(record, RECORD_MULTIPLIER), shift: i64 = load<i32>(record, RECORD_SHIFT);
      let lanes = load<i64>(sums) + o0;
      store<u8>(to, fast(lanes & LANE_MASK, multiplier, addend, shift, low, high));
      store<u8>(to, fast((lanes >>> 21) & LANE_MASK, multiplier, addend, shift, low, high), L.FINISHED_PIXEL);
      store<u8>(to, fast(lanes >>> 42, multiplier, addend, shift, low, high), 2 * L.FINISHED_PIXEL);
      lanes = load<i64>(sums, L.SCRATCH_COLUMN) + o1;
      store<u8>(to, fast(lanes & LANE_MASK, multiplier, addend, shift, low, high), 3 * L.FINISHED_PIXEL);
      store<u8>(to, fast((lanes >>> 21) & LANE_MASK, multiplier, addend, shift, low, high), 4 * L.FINISHED_PIXEL);
      store<u8>(to, fast(lanes >>> 42, multiplier, addend, shift, low, high), 5 * L.FINISHED_PIXEL);
      sums += 8;
      record += RECORD_BYTES;
    } while (++to != end);
    offsets += 16;
    sums += 2 * L.SCRATCH_COLUMN - 8 * n;
    to += 6 * L.FINISHED_PIXEL - n;
    pixels -= 6;
  } while (pixels > 0);
}

/** Copies the finished pixels to where they belong. */
function copyOut(pixel: i32, pixels: i32, channel: i32, n: i32): void {
  const run = word32(L.S_RUN_PIXELS);
  const stride = word16(L.S_OUT_PIXEL_STRIDE);
  let from = scratch() + L.SCRATCH_WORDS;
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

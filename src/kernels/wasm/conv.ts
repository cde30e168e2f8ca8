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
import * as L from '../../format/layout';
import {
  GROUP_BYTES,
  GROUP_PIXELS,
  K_BLOCK,
  LANE_MASK,
  LANE_OFFSET,
  LANE_OFFSETS,
  multiplyAccumulate1,
  multiplyAccumulate3,
  multiplyAccumulate4,
  packPixels,
} from './lanes';
import {
  addendOf,
  fast,
  isGeneral,
  loadRecords,
  multiplierOf,
  RECORD_BYTES,
  requantize,
  shiftOf,
} from './requantize';
import { inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

/** Rests of K up to this many are multiplied one by one; longer ones are filled up with zeros to a block of eight. */
const SINGLES = 3;

// Scratch of a convolution, in this order. src/plan/scratch.ts adds up the same terms.
//   offsets of the lanes, 4 i64 | packed words | sums | records | weights | accumulators (general, split) | window
// @ts-ignore: decorator
@inline function offsetsAt(): i32 { return scratch(); }
// @ts-ignore: decorator
@inline function wordsAt(): i32 { return scratch() + GROUP_BYTES; }
// @ts-ignore: decorator
@inline function sumsAt(): i32 { return wordsAt() + word16(L.S_K_CHUNK) * GROUP_BYTES; }
// @ts-ignore: decorator
@inline function recordsAt(): i32 { return sumsAt() + word16(L.S_OUT_CHUNK) * GROUP_BYTES; }
// @ts-ignore: decorator
@inline function weightsAt(): i32 { return recordsAt() + word16(L.S_OUT_CHUNK) * RECORD_BYTES; }
// @ts-ignore: decorator
@inline function accumulatorsAt(): i32 { return weightsAt() + (word16(L.S_OUT_CHUNK) + 1) * K_BLOCK; }

/** Whether sums go through 32-bit accumulators. */
function usesAccumulators(): i32 {
  return word16(L.S_FLAGS) & (L.STEP_GENERAL_REQUANTIZE | L.STEP_SPLIT_LANES);
}

// @ts-ignore: decorator
@inline function windowAt(): i32 {
  return accumulatorsAt() + (usesAccumulators() ? word16(L.S_OUT_CHUNK) * GROUP_PIXELS * 4 : 0);
}

/** Output rows [first, first + rows). */
export function conv(first: i32, rows: i32): void {
  const direct = isPointwise();
  // Rows of a pointwise layer that follow one another in memory are one long row.
  const joined = direct && rowsFollow();
  const width = joined ? word16(L.S_OUT_WIDTH) * rows : word16(L.S_OUT_WIDTH);
  const end = joined ? first + 1 : first + rows;
  for (let channel = 0; channel < word16(L.S_OUT_CHANNELS); channel += word16(L.S_OUT_CHUNK)) {
    const n = min(word16(L.S_OUT_CHUNK), word16(L.S_OUT_CHANNELS) - channel);
    loadRecords(recordsAt(), sumsAt(), channel, n);
    for (let y = first; y < end; y++) {
      for (let x = 0; x < width; x += GROUP_PIXELS) group(y, x, min(GROUP_PIXELS, width - x), direct, channel, n);
    }
  }
}

function isPointwise(): bool {
  const one = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W) * word16(L.S_STRIDE_W) * word16(L.S_STRIDE_H);
  // Shapes, not paddings: a folded PAD may pad below and to the right only.
  return one == 1 && word16(L.S_IN_HEIGHT) == word16(L.S_OUT_HEIGHT) && word16(L.S_IN_WIDTH) == word16(L.S_OUT_WIDTH);
}

function rowsFollow(): bool {
  const width = word16(L.S_OUT_WIDTH);
  return (
    (word32(L.S_IN_ROWS) | word32(L.S_OUT_ROWS)) == 0 &&
    word32(L.S_IN_STRIDE) == width * word16(L.S_IN_CHANNELS) &&
    word32(L.S_OUT_STRIDE) == width * word16(L.S_OUT_PIXEL_STRIDE)
  );
}

/** n outputs from `channel` on of the `pixels` <= 12 output pixels from column x of row y on. */
function group(y: i32, x: i32, pixels: i32, direct: bool, channel: i32, n: i32): void {
  const source = direct ? inputRow(y) + x * inputPixel() : copyWindow(y, x, pixels);
  const k = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W) * word16(L.S_IN_CHANNELS);
  const split = word16(L.S_FLAGS) & L.STEP_SPLIT_LANES;
  startSums(n);
  for (let k0 = 0; k0 < k; k0 += word16(L.S_K_CHUNK)) {
    const k1 = min(k, k0 + word16(L.S_K_CHUNK));
    if (direct) packPixels(wordsAt(), source + k0, inputPixel(), source + k0 + (pixels - 1) * inputPixel(), k1 - k0);
    else packWindow(source, pixels, k0, k1);
    if (signed16(L.S_WEIGHT_ZERO_POINT) != 0) subtractZeroPoint(k1 - k0);
    multiply(k0, k1, channel, n, pixels);
    if (split && (k1 == k || k1 % word16(L.S_LANE_K) == 0)) {
      emptyLanes(n, k0 < word16(L.S_LANE_K));
      startSums(n);
    }
  }
  const output = outputRow(y) + channel + x * word16(L.S_OUT_PIXEL_STRIDE);
  if (usesAccumulators()) {
    if (!split) emptyLanes(n, true);
    storeAccumulators(pixels, n, output);
  } else {
    storeLanes(pixels, n, output);
  }
}

function startSums(n: i32): void {
  memory.fill(sumsAt(), 0, n * GROUP_BYTES);
  for (let j = 0; j < GROUP_BYTES; j += 8) store<i64>(offsetsAt() + j, LANE_OFFSETS);
}

/** The weights' zero point times the sum of the inputs is the same for all outputs: it goes into the lanes' offsets. */
function subtractZeroPoint(n: i32): void {
  const zeroPoint = <i64>signed16(L.S_WEIGHT_ZERO_POINT);
  for (let j = 0; j < GROUP_BYTES; j += 8) {
    let total: i64 = 0;
    const end = wordsAt() + n * GROUP_BYTES;
    for (let words = wordsAt() + j; words < end; words += GROUP_BYTES) total += load<i64>(words);
    store<i64>(offsetsAt() + j, load<i64>(offsetsAt() + j) - total * zeroPoint);
  }
}

/** Inputs [k0, k1), which are packed, times the weights of n outputs, added to the sums. */
function multiply(k0: i32, k1: i32, channel: i32, n: i32, pixels: i32): void {
  let words = wordsAt();
  const end = sumsAt() + n * GROUP_BYTES;
  while (k0 < k1) {
    const width = min(K_BLOCK, k1 - k0);
    read(weightsAt(), word32(L.S_WEIGHTS) + k0 * word16(L.S_OUT_CHANNELS) + channel * width, n * width);
    if (width <= SINGLES) {
      for (let i = 0; i < width; i++) multiplyAccumulate1(words + i * GROUP_BYTES, weightsAt() + i, width, sumsAt(), end);
    } else {
      memory.fill(words + width * GROUP_BYTES, 0, (K_BLOCK - width) * GROUP_BYTES);
      if (pixels > 9) multiplyAccumulate4(words, weightsAt(), width, sumsAt(), end);
      else multiplyAccumulate3(words, weightsAt(), width, sumsAt(), end);
    }
    words += K_BLOCK * GROUP_BYTES;
    k0 += K_BLOCK;
  }
}

/** Bytes of one input row under the windows of `pixels` output pixels. */
function windowBytes(pixels: i32): i32 {
  return ((pixels - 1) * word16(L.S_STRIDE_W) + word16(L.S_KERNEL_W)) * inputPixel();
}

/** Copies the input under a group's windows, row above row, with the zero point where it is padding. */
function copyWindow(y: i32, x: i32, pixels: i32): i32 {
  const bytes = windowBytes(pixels);
  const pixel = inputPixel();
  const top = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
  const left = x * word16(L.S_STRIDE_W) - word16(L.S_PAD_LEFT);
  const from = max(0, left);
  const count = min(word16(L.S_IN_WIDTH) * pixel, left * pixel + bytes) - from * pixel;
  let to = windowAt();
  for (let row = top; row < top + word16(L.S_KERNEL_H); row++) {
    if (count < bytes || <u32>row >= <u32>word16(L.S_IN_HEIGHT)) memory.fill(to, <u8>signed16(L.S_IN_ZERO_POINT), bytes);
    if (count > 0 && <u32>row < <u32>word16(L.S_IN_HEIGHT)) {
      memory.copy(to + (from - left) * pixel, inputRow(row) + from * pixel, count);
    }
    to += bytes;
  }
  return windowAt();
}

/** Packs inputs [k0, k1) of the copied window, one run of kernelW * channels bytes for each kernel row. */
function packWindow(source: i32, pixels: i32, k0: i32, k1: i32): void {
  const run = word16(L.S_KERNEL_W) * inputPixel();
  const step = word16(L.S_STRIDE_W) * inputPixel();
  const rowBytes = windowBytes(pixels);
  let words = wordsAt();
  while (k0 < k1) {
    const at = k0 % run;
    const n = min(run - at, k1 - k0);
    const from = source + (k0 / run) * rowBytes + at;
    packPixels(words, from, step, from + (pixels - 1) * step, n);
    words += n * GROUP_BYTES;
    k0 += n;
  }
}

/** Adds the lanes to 32-bit accumulators [n][12], or starts them. */
function emptyLanes(n: i32, fresh: bool): void {
  let to = accumulatorsAt();
  const end = sumsAt() + n * GROUP_BYTES;
  if (fresh) memory.fill(to, 0, n * GROUP_PIXELS * 4);
  for (let sums = sumsAt(); sums < end; sums += GROUP_BYTES) {
    for (let j = 0; j < GROUP_BYTES; j += 8) {
      const lanes = load<i64>(sums + j) + load<i64>(offsetsAt() + j);
      store<i32>(to, load<i32>(to) + <i32>((lanes & LANE_MASK) - LANE_OFFSET));
      store<i32>(to, load<i32>(to, 4) + <i32>(((lanes >>> 21) & LANE_MASK) - LANE_OFFSET), 4);
      store<i32>(to, load<i32>(to, 8) + <i32>((lanes >>> 42) - LANE_OFFSET), 8);
      to += 12;
    }
  }
}

function storeAccumulators(pixels: i32, n: i32, output: i32): void {
  const general = isGeneral();
  const low = <i64>signed16(L.S_CLAMP_LOW);
  const high = <i64>signed16(L.S_CLAMP_HIGH);
  for (let p = 0; p < pixels; p++) {
    let accumulators = accumulatorsAt() + 4 * p;
    let record = recordsAt();
    for (let i = output; i < output + n; i++) {
      const accumulator = load<i32>(accumulators);
      if (general) {
        store<u8>(i, requantize(accumulator, record));
      } else {
        const lane = <i64>accumulator + LANE_OFFSET;
        store<u8>(i, fast(lane, multiplierOf(record), addendOf(record), shiftOf(record), low, high));
      }
      accumulators += GROUP_PIXELS * 4;
      record += RECORD_BYTES;
    }
    output += word16(L.S_OUT_PIXEL_STRIDE);
  }
}

/** Requantises the lanes of `pixels` pixels, n outputs each. Pixels beyond the last one are the last one again. */
function storeLanes(pixels: i32, n: i32, output: i32): void {
  const stride = word16(L.S_OUT_PIXEL_STRIDE);
  const last = output + (pixels - 1) * stride;
  for (let j = 0; output <= last; j += 8) {
    storeWord(sumsAt() + j, load<i64>(offsetsAt() + j), n, output, min(output + stride, last), min(output + 2 * stride, last));
    output += 3 * stride;
  }
}

/** n outputs of three pixels: lanes of sums[o * 4] to p0[o], p1[o], p2[o]. */
function storeWord(sums: i32, offsets: i64, n: i32, p0: i32, p1: i32, p2: i32): void {
  const low = <i64>signed16(L.S_CLAMP_LOW);
  const high = <i64>signed16(L.S_CLAMP_HIGH);
  let record = recordsAt();
  const end = p0 + n;
  do {
    const lanes = load<i64>(sums) + offsets;
    const multiplier = multiplierOf(record);
    const addend = addendOf(record);
    const shift = shiftOf(record);
    store<u8>(p0, fast(lanes & LANE_MASK, multiplier, addend, shift, low, high));
    store<u8>(p1, fast((lanes >>> 21) & LANE_MASK, multiplier, addend, shift, low, high));
    store<u8>(p2, fast(lanes >>> 42, multiplier, addend, shift, low, high));
    sums += GROUP_BYTES;
    record += RECORD_BYTES;
    p1++;
    p2++;
  } while (++p0 != end);
}

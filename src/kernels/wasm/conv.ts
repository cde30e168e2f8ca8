// Convolution of any window as a product of matrices, [outputs x K] * [K x pixels], K = kernelH * kernelW * channels.
// Pixels are taken in groups of twelve, packed three to a word (lanes.ts); weights stream from the blob.
//
//   for every chunk of outputs                    S_OUT_CHUNK: its requantisation table is read once
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
  LANE_OFFSET,
  LANE_OFFSETS,
  LANE_MASK,
  multiplyAccumulate2,
  multiplyAccumulate4,
  packRun,
} from './lanes';
import { addends, multipliers, prepareFast, readTable, requantize, shifts, TABLE_BYTES_PER_CHANNEL } from './requantize';
import { signed16, inputPixel, inputRow, outputRow, read, scratch, word16, word32 } from './step';

// Scratch of a convolution, in this order. src/plan/scratch.ts adds up the same terms.
// @ts-ignore: decorator
@inline function wordsAt(): i32 { return scratch(); }
// @ts-ignore: decorator
@inline function sumsAt(): i32 { return wordsAt() + word16(L.S_K_CHUNK) * GROUP_BYTES; }
// @ts-ignore: decorator
@inline function tableAt(): i32 { return sumsAt() + word16(L.S_OUT_CHUNK) * GROUP_BYTES; }
// @ts-ignore: decorator
@inline function weightsAt(): i32 { return tableAt() + word16(L.S_OUT_CHUNK) * TABLE_BYTES_PER_CHANNEL; }
// @ts-ignore: decorator
@inline function accumulatorsAt(): i32 { return weightsAt() + (word16(L.S_OUT_CHUNK) + 1) * K_BLOCK; }

/** Whether requantisation goes through 32-bit accumulators in scratch. */
function usesAccumulators(): i32 {
  return word16(L.S_FLAGS) & (L.STEP_GENERAL_REQUANTIZE | L.STEP_SPLIT_LANES);
}

// @ts-ignore: decorator
@inline function windowAt(): i32 {
  return accumulatorsAt() + (usesAccumulators() ? word16(L.S_OUT_CHUNK) * GROUP_PIXELS * 4 : 0);
}

/** Output rows [first, first + rows). */
export function conv(first: i32, rows: i32): void {
  const channels = word16(L.S_OUT_CHANNELS);
  const chunk = word16(L.S_OUT_CHUNK);
  const direct = isPointwise();
  let width = word16(L.S_OUT_WIDTH);
  // Rows of a pointwise layer that follow one another in memory are one long row.
  if (
    direct &&
    word32(L.S_IN_STRIDE) == width * word16(L.S_IN_CHANNELS) &&
    word32(L.S_OUT_STRIDE) == width * word16(L.S_OUT_PIXEL_STRIDE) &&
    (first % word16(L.S_IN_RING)) + rows <= word16(L.S_IN_RING) &&
    (first % word16(L.S_OUT_RING)) + rows <= word16(L.S_OUT_RING)
  ) {
    width *= rows;
    rows = 1;
  }
  for (let channel = 0; channel < channels; channel += chunk) {
    const n = min(chunk, channels - channel);
    readTable(tableAt(), channel, n);
    if (!usesAccumulators()) prepareFast(tableAt(), n, LANE_OFFSET);
    for (let y = first; y < first + rows; y++) {
      const output = outputRow(y) + channel;
      for (let x = 0; x < width; x += GROUP_PIXELS) {
        group(y, x, min(GROUP_PIXELS, width - x), direct, channel, n, output + x * word16(L.S_OUT_PIXEL_STRIDE));
      }
    }
  }
}

function isPointwise(): bool {
  return (
    word16(L.S_KERNEL_H) == 1 &&
    word16(L.S_KERNEL_W) == 1 &&
    word16(L.S_STRIDE_W) == 1 &&
    word16(L.S_STRIDE_H) == 1 &&
    word16(L.S_PAD_TOP) == 0 &&
    word16(L.S_PAD_LEFT) == 0
  );
}

/** n outputs from `channel` on of the `pixels` <= 12 output pixels from column x of row y on. */
function group(y: i32, x: i32, pixels: i32, direct: bool, channel: i32, n: i32, output: i32): void {
  const sums = sumsAt();
  const end = sums + n * GROUP_BYTES;
  const channels = word16(L.S_OUT_CHANNELS);
  const k = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W) * word16(L.S_IN_CHANNELS);
  let rowBytes: i32;
  let rowRun: i32;
  let pixelStep: i32;
  let source: i32;
  if (direct) {
    source = inputRow(y) + x * inputPixel();
    rowBytes = 0;
    rowRun = k;
    pixelStep = inputPixel();
  } else {
    source = windowAt();
    rowBytes = windowBytes(pixels);
    rowRun = word16(L.S_KERNEL_W) * inputPixel();
    pixelStep = word16(L.S_STRIDE_W) * inputPixel();
    copyWindow(source, y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP), x * word16(L.S_STRIDE_W) - word16(L.S_PAD_LEFT), pixels);
  }
  const split = word16(L.S_FLAGS) & L.STEP_SPLIT_LANES;
  for (let k0 = 0; k0 < k; k0 += word16(L.S_K_CHUNK)) {
    const k1 = min(k, k0 + word16(L.S_K_CHUNK));
    pack(source, rowBytes, rowRun, pixelStep, pixels, k0, k1);
    const padded = wordsAt() + ((k1 - k0 + K_BLOCK - 1) & -K_BLOCK) * GROUP_BYTES;
    startSums(sums, end, k0 == 0 || split, padded);
    for (let words = wordsAt(), kb = k0; words < padded; words += K_BLOCK * GROUP_BYTES, kb += K_BLOCK) {
      const blockWidth = min(K_BLOCK, k - kb);
      read(weightsAt(), word32(L.S_WEIGHTS) + kb * channels + channel * blockWidth, n * blockWidth);
      if (pixels > 6) multiplyAccumulate4(words, weightsAt(), blockWidth, sums, end);
      else multiplyAccumulate2(words, weightsAt(), blockWidth, sums, end);
    }
    if (split) emptyLanes(sums, end, k0 == 0);
  }
  if (usesAccumulators()) {
    if (!split) emptyLanes(sums, end, true);
    storeGeneral(pixels, n, output);
  }
  else storeFast(pixels, n, output);
}

/** Bytes of one input row under the windows of `pixels` output pixels. */
function windowBytes(pixels: i32): i32 {
  return ((pixels - 1) * word16(L.S_STRIDE_W) + word16(L.S_KERNEL_W)) * inputPixel();
}

/** Copies the input under a group's windows, row above row, with the zero point where it is padding. */
function copyWindow(to: i32, top: i32, left: i32, pixels: i32): void {
  const bytes = windowBytes(pixels);
  const zero = signed16(L.S_IN_ZERO_POINT);
  const c = inputPixel();
  const width = word16(L.S_IN_WIDTH);
  const columns = bytes / c;
  const from = max(0, left);
  const until = min(width, left + columns);
  for (let y = top; y < top + word16(L.S_KERNEL_H); y++) {
    const inside = <u32>y < <u32>word16(L.S_IN_HEIGHT) && until > from;
    if (!inside || from > left || until < left + columns) memory.fill(to, <u8>zero, bytes);
    if (inside) memory.copy(to + (from - left) * c, inputRow(y) + from * c, (until - from) * c);
    to += bytes;
  }
}

/** Packs inputs [k0, k1) of K into words and fills up to a multiple of 8 with zeros. */
function pack(source: i32, rowBytes: i32, rowRun: i32, pixelStep: i32, pixels: i32, k0: i32, k1: i32): void {
  const last = pixels - 1;
  for (let j = 0; j * 3 < pixels; j++) {
    // A pixel beyond the last one is the last one again: it is computed and stored twice, to the same bytes.
    const d0 = 3 * j * pixelStep;
    const d1 = min(3 * j + 1, last) * pixelStep;
    const d2 = min(3 * j + 2, last) * pixelStep;
    let words = wordsAt() + 8 * j;
    let k = k0;
    while (k < k1) {
      const at = k % rowRun;
      const n = min(rowRun - at, k1 - k);
      const from = source + (k / rowRun) * rowBytes + at;
      packRun(words, from + d0, from + d1, from + d2, n);
      words += n * GROUP_BYTES;
      k += n;
    }
  }
  const words = wordsAt() + (k1 - k0) * GROUP_BYTES;
  memory.fill(words, 0, ((k0 - k1) & (K_BLOCK - 1)) * GROUP_BYTES);
}

/**
 * Starts the sums at the lanes' offset, or goes on, and subtracts the weights' zero point times the sum of the inputs.
 */
function startSums(sums: i32, end: i32, fresh: bool, padded: i32): void {
  const weightZeroPoint = <i64>signed16(L.S_WEIGHT_ZERO_POINT);
  if (weightZeroPoint == 0 && !fresh) return;
  for (let j = 0; j < GROUP_BYTES; j += 8) {
    let total: i64 = 0;
    if (weightZeroPoint != 0) {
      for (let words = wordsAt() + j; words < padded; words += GROUP_BYTES) total += load<i64>(words);
      total *= weightZeroPoint;
    }
    for (let sum = sums + j; sum < end; sum += GROUP_BYTES) {
      store<i64>(sum, (fresh ? LANE_OFFSETS : load<i64>(sum)) - total);
    }
  }
}

/** Adds the lanes to 32-bit accumulators [n][12]. */
function emptyLanes(sums: i32, end: i32, fresh: bool): void {
  let to = accumulatorsAt();
  for (; sums < end; sums += 8) {
    const lanes = load<i64>(sums);
    addTo(to, <i32>((lanes & LANE_MASK) - LANE_OFFSET), fresh);
    addTo(to + 4, <i32>(((lanes >>> 21) & LANE_MASK) - LANE_OFFSET), fresh);
    addTo(to + 8, <i32>((lanes >>> 42) - LANE_OFFSET), fresh);
    to += 12;
  }
}

// @ts-ignore: decorator
@inline function addTo(to: i32, value: i32, fresh: bool): void {
  store<i32>(to, fresh ? value : load<i32>(to) + value);
}

function storeGeneral(pixels: i32, n: i32, output: i32): void {
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < pixels; p++) {
      const accumulator = load<i32>(accumulatorsAt() + (i * GROUP_PIXELS + p) * 4);
      store<u8>(output + p * word16(L.S_OUT_PIXEL_STRIDE) + i, requantize(accumulator, tableAt(), n, i));
    }
  }
}

/** Requantises the lanes of `pixels` pixels, n outputs each. */
function storeFast(pixels: i32, n: i32, output: i32): void {
  const stride = word16(L.S_OUT_PIXEL_STRIDE);
  const last = pixels - 1;
  for (let j = 0; j * 3 < pixels; j++) {
    storeWord(
      sumsAt() + 8 * j,
      n,
      output + 3 * j * stride,
      output + min(3 * j + 1, last) * stride,
      output + min(3 * j + 2, last) * stride,
    );
  }
}

/** n outputs of three pixels: lanes of sums[o * 4] to p0[o], p1[o], p2[o]. */
function storeWord(sums: i32, n: i32, p0: i32, p1: i32, p2: i32): void {
  const low = <i64>signed16(L.S_CLAMP_LOW);
  const high = <i64>signed16(L.S_CLAMP_HIGH);
  let multiplierAt = multipliers(tableAt(), n);
  let addendAt = addends(tableAt(), n);
  let shiftAt = shifts(tableAt(), n);
  const end = shiftAt + n;
  do {
    const lanes = load<i64>(sums);
    const multiplier: i64 = load<i32>(multiplierAt);
    const addend = load<i64>(addendAt);
    const shift: i64 = load<u8>(shiftAt);
    let v = ((lanes & LANE_MASK) * multiplier + addend) >> shift;
    v = v > high ? high : v;
    store<u8>(p0, v < low ? low : v);
    v = (((lanes >>> 21) & LANE_MASK) * multiplier + addend) >> shift;
    v = v > high ? high : v;
    store<u8>(p1, v < low ? low : v);
    v = ((lanes >>> 42) * multiplier + addend) >> shift;
    v = v > high ? high : v;
    store<u8>(p2, v < low ? low : v);
    sums += GROUP_BYTES;
    multiplierAt += 4;
    addendAt += 8;
    shiftAt++;
    p0++;
    p1++;
    p2++;
  } while (shiftAt != end);
}

/** One output pixel of a 1x1 input (fully connected): nothing to share, so weights and inputs meet in plain i32. */
export function fullyConnected(): void {
  const channels = word16(L.S_OUT_CHANNELS);
  const chunk = word16(L.S_OUT_CHUNK);
  const k = word16(L.S_IN_CHANNELS);
  const input = inputRow(0);
  const output = outputRow(0);
  const weightZeroPoint = signed16(L.S_WEIGHT_ZERO_POINT);
  let correction = 0;
  if (weightZeroPoint != 0) {
    for (let i = 0; i < k; i++) correction -= load<i8>(input + i);
    correction *= weightZeroPoint;
  }
  const sums = scratch();
  const table = sums + 4 * chunk;
  const weights = table + TABLE_BYTES_PER_CHANNEL * chunk;
  for (let channel = 0; channel < channels; channel += chunk) {
    const n = min(chunk, channels - channel);
    readTable(table, channel, n);
    for (let i = 0; i < n; i++) store<i32>(sums + 4 * i, correction);
    for (let kb = 0; kb < k; kb += K_BLOCK) {
      const blockWidth = min(K_BLOCK, k - kb);
      read(weights, word32(L.S_WEIGHTS) + kb * channels + channel * blockWidth, n * blockWidth);
      if (blockWidth == K_BLOCK) dot8(input + kb, weights, sums, sums + 4 * n);
      else dotRest(input + kb, weights, blockWidth, sums, sums + 4 * n);
    }
    for (let i = 0; i < n; i++) {
      store<u8>(output + channel + i, requantize(load<i32>(sums + 4 * i), table, n, i));
    }
  }
}

/** sums[o] += sum over k < 8 of input[k] * weights[o * 8 + k] */
function dot8(input: i32, weights: i32, sums: i32, end: i32): void {
  const a: i32 = load<i8>(input), b: i32 = load<i8>(input, 1), c: i32 = load<i8>(input, 2), d: i32 = load<i8>(input, 3);
  const e: i32 = load<i8>(input, 4), f: i32 = load<i8>(input, 5), g: i32 = load<i8>(input, 6), h: i32 = load<i8>(input, 7);
  do {
    store<i32>(
      sums,
      load<i32>(sums) +
        load<i8>(weights) * a + load<i8>(weights, 1) * b + load<i8>(weights, 2) * c + load<i8>(weights, 3) * d +
        load<i8>(weights, 4) * e + load<i8>(weights, 5) * f + load<i8>(weights, 6) * g + load<i8>(weights, 7) * h,
    );
    weights += K_BLOCK;
    sums += 4;
  } while (sums != end);
}

function dotRest(input: i32, weights: i32, width: i32, sums: i32, end: i32): void {
  for (; sums < end; sums += 4, weights += width) {
    let sum = load<i32>(sums);
    for (let i = 0; i < width; i++) sum += <i32>load<i8>(input + i) * <i32>load<i8>(weights + i);
    store<i32>(sums, sum);
  }
}

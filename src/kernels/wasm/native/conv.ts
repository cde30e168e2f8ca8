// Convolution for machines that multiply and add 32-bit numbers in an instruction each: sums of a block of pixels and
// outputs (block.ts) stay in registers over K, and weights in scratch over all pixels of the task.
//
//   for every chunk of outputs                    S_OUT_CHUNK: its requantisation records are made once
//     for every tile of its outputs               as many as their weights for all of K fit
//       for every group of 12 output pixels
//         for every part of K                     all of it, but for very long ones: gather windows, stream weights
//           for every block of pixels and outputs: multiply and add
//         requantise the group's sums
//
// Weights stand in the blob as [ceil(K / 8)][outputs][8], the last block as narrow as what is left of K. Scratch is what
// the file's plan has for ../conv.ts, laid out anew; see `convolution` in src/plan/scratch.ts.
import * as L from '../../../format/layout';
import { locate } from '../conv';
import { GROUP_BYTES, GROUP_PIXELS, K_BLOCK } from '../lanes';
import { isGeneral, loadRecords, RECORD_BYTES, RECORD_MULTIPLIER, RECORD_SHIFT, requantize } from '../requantize';
import { endRow, firstRow, inputPixel, outputRow, read, scratch, signed16, word16, word32 } from '../step';
import { BLOCK_OUTPUTS, multiply } from './block';
import { fast, START } from './requantize';

// Byte offsets in scratch. Four tables of the group's pixels, i32 each:
/** where their windows stand, in the input or copied out of it, */
const PIXELS = L.SCRATCH_PIXELS;
/** where the values of the current part of K stand, */
const SOURCES = 48;
/** what their sums begin with, */
const STARTS = 96;
/** and where their outputs go, less the channel. */
const OUTPUTS = 144;
/** Two columns of 64 outputs. */
const RECORDS = 192;
/** [outputs of the tile][12 pixels], i32. */
const SUMS = RECORDS + 2 * L.SCRATCH_COLUMN;
/** Outputs of a tile. */
const MOST_TILE = 32;
const LEAST_TILE = 8;
/** [ceil(K / 8)][outputs of the tile][8], room to read a block of outputs where there are fewer, gathered windows. */
const WEIGHTS = SUMS + MOST_TILE * 4 * GROUP_PIXELS;
const OVERREAD = BLOCK_OUTPUTS * K_BLOCK;

/** The task's output rows. */
export function conv(): void {
  const space = L.SCRATCH_WORDS + max(word16(L.S_K_CHUNK) * GROUP_BYTES, GROUP_PIXELS * L.FINISHED_PIXEL) - WEIGHTS - OVERREAD;
  // Bytes of each value of K, besides weights.
  const gathered = word32(L.S_WINDOW) ? GROUP_PIXELS : 0;
  const k = (word32(L.S_K) + K_BLOCK - 1) & -K_BLOCK;
  const tile = min(MOST_TILE, max(LEAST_TILE, (space / k - gathered) & -BLOCK_OUTPUTS));
  const part = min(k, (space / (tile + gathered)) & -K_BLOCK);
  let channel = 0;
  do {
    const n = loadRecords(scratch() + RECORDS, scratch() + SUMS, channel);
    const end = channel + n;
    let record = scratch() + RECORDS;
    do {
      const outputs = min(tile, end - channel);
      convTile(channel, outputs, part, record);
      record += outputs * RECORD_BYTES;
      channel += outputs;
    } while (channel != end);
  } while (channel != word16(L.S_OUT_CHANNELS));
}

/** n outputs from `channel` on of all of the task's pixels, K in parts of `part`. */
function convTile(channel: i32, n: i32, part: i32, record: i32): void {
  const end = endRow() * word16(L.S_OUT_WIDTH);
  const k = word32(L.S_K);
  let pixel = firstRow() * word16(L.S_OUT_WIDTH);
  // The part of K whose weights are there.
  let loaded = -1;
  do {
    const pixels = min(GROUP_PIXELS, end - pixel);
    locate(pixel, pixels);
    locateOutputs(pixel, pixels);
    let k0 = 0;
    do {
      const width = min(part, k - k0);
      if (loaded != k0) {
        for (let at = 0; at < width; at += K_BLOCK) stream(k0 + at, min(K_BLOCK, width - at), channel, n, scratch() + WEIGHTS + at * n);
        loaded = k0;
      }
      accumulate(k0, width, n, part, pixels);
      k0 += part;
    } while (k0 < k);
    if (isGeneral()) finishGeneral(channel, n, record, pixels);
    else finish(channel, n, record, pixels);
    pixel += GROUP_PIXELS;
  } while (pixel < end);
}

/** The weights of n outputs for inputs [k0, k0 + width), width <= 8, as [n][8] to `to`. */
function stream(k0: i32, width: i32, channel: i32, n: i32, to: i32): void {
  const end = to + n * K_BLOCK;
  let from = end - n * width;
  read(from, word32(L.S_WEIGHTS) + k0 * word16(L.S_OUT_CHANNELS) + channel * width, n * width);
  if (width == K_BLOCK) return;
  do {
    for (let i = 0; i < width; i++) store<u8>(to + i, load<u8>(from + i));
    from += width;
    to += K_BLOCK;
  } while (to != end);
}

/** Writes down where the outputs of the group's pixels go. */
function locateOutputs(pixel: i32, pixels: i32): void {
  const run = word32(L.S_RUN_PIXELS);
  const stride = word16(L.S_OUT_PIXEL_STRIDE);
  let table = scratch() + OUTPUTS;
  let y = pixel / run;
  let x = pixel - y * run;
  do {
    const count = min(pixels, run - x);
    let to = outputRow(y) + x * stride;
    const end = table + 4 * count;
    do {
      store<i32>(table, to);
      to += stride;
      table += 4;
    } while (table != end);
    pixels -= count;
    x = 0;
    y++;
  } while (pixels);
}

/** Adds the products of inputs [k0, k0 + width) to the sums of the group, or begins them with those. */
function accumulate(k0: i32, width: i32, n: i32, part: i32, pixels: i32): void {
  let table = scratch() + PIXELS;
  let offset = k0;
  if (word32(L.S_WINDOW)) {
    gather(k0, width, part, scratch() + WEIGHTS + n * part + OVERREAD, pixels);
    table = scratch() + SOURCES;
    offset = 0;
  }
  start(table, offset, width, k0 == 0 && !isGeneral() ? START : 0, pixels);
  multiply(table, offset, scratch() + STARTS, scratch() + SUMS, scratch() + WEIGHTS, n, width, pixels, k0);
}

/** Copies inputs [k0, k0 + width) of every pixel's window to columns `part` bytes apart. */
function gather(k0: i32, width: i32, part: i32, to: i32, pixels: i32): void {
  const run = word32(L.S_RUN);
  const skip = word32(L.S_WINDOW_ROW) - run;
  const row = k0 / run;
  let table = scratch();
  // Pixels are worked on three at a time.
  const end = table + 4 * pixels;
  do {
    let from = load<i32>(table, PIXELS) + row * skip + k0;
    let left = (row + 1) * run - k0;
    let at = to;
    const stop = to + width;
    for (;;) {
      const rowEnd = min(stop, at + left);
      do store<u8>(at, load<u8>(from++));
      while (++at != rowEnd);
      if (at == stop) break;
      from += skip;
      left = run;
    }
    store<i32>(table, to, SOURCES);
    to += part;
    table += 4;
  } while (table < end);
  // The last one again where the last block has fewer pixels.
  store<i32>(table, to - part, SOURCES);
  store<i32>(table, to - part, SOURCES + 4);
}

/** What the sums begin with: `first`, less the weights' zero point times the sum of the pixel's inputs. */
function start(table: i32, offset: i32, width: i32, first: i32, pixels: i32): void {
  const zeroPoint = signed16(L.S_WEIGHT_ZERO_POINT);
  let to = scratch() + STARTS;
  const end = to + 4 * pixels;
  do {
    let sum = 0;
    if (zeroPoint) {
      let at = load<i32>(table) + offset;
      const stop = at + width;
      do sum += <i32>load<i8>(at);
      while (++at != stop);
      table += 4;
    }
    store<i32>(to, first - sum * zeroPoint);
    to += 4;
  } while (to < end);
}

/** Requantises the group's sums and stores them. */
function finish(channel: i32, n: i32, record: i32, pixels: i32): void {
  const low = signed16(L.S_CLAMP_LOW), high = signed16(L.S_CLAMP_HIGH);
  let sums = scratch() + SUMS;
  const end = channel + n;
  do {
    const addend = load<i64>(record);
    const multiplier: i64 = load<i32>(record, RECORD_MULTIPLIER);
    const shift = load<i32>(record, RECORD_SHIFT) - 32;
    let table = scratch() + OUTPUTS;
    let sum = sums;
    const stop = table + 4 * pixels;
    do {
      store<u8>(load<i32>(table) + channel, fast(load<i32>(sum), multiplier, addend, shift, low, high));
      sum += 4;
      table += 4;
    } while (table != stop);
    sums += 4 * GROUP_PIXELS;
    record += RECORD_BYTES;
  } while (++channel != end);
}

/** The same on the general path. */
function finishGeneral(channel: i32, n: i32, record: i32, pixels: i32): void {
  let sums = scratch() + SUMS;
  const end = channel + n;
  do {
    let table = scratch() + OUTPUTS;
    let sum = sums;
    const stop = table + 4 * pixels;
    do {
      store<u8>(load<i32>(table) + channel, requantize(load<i32>(sum), record));
      sum += 4;
      table += 4;
    } while (table != stop);
    sums += 4 * GROUP_PIXELS;
    record += RECORD_BYTES;
  } while (++channel != end);
}

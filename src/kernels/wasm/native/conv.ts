// Convolution for machines that multiply and add 32-bit numbers in an instruction each: sums of a block of pixels and
// outputs (block.ts, block-wide.ts) stay in registers over K, and weights in scratch over all pixels of the task.
//
//   for every chunk of outputs                    S_OUT_CHUNK: its requantisation records are made once
//     for every tile of its outputs               as many as their weights for all of K fit
//       for every group of 12 output pixels
//         for every part of K                     all of it, but for very long ones: gather windows, stream weights
//           for every block of pixels and outputs: multiply and add
//         requantise the group's sums
//
// Weights stand in the blob as [ceil(K / 8)][outputs][8], the last block as narrow as what is left of K. Scratch is what
// the file's plan has for ../conv.ts, laid out anew; see `convLayout` in src/steps/conv.ts.
import * as L from '../../../program/layout';
import { GROUP_BYTES, GROUP_PIXELS, K_BLOCK } from '../lanes';
import { isGeneral, RECORD_BYTES, RECORD_MULTIPLIER, RECORD_SHIFT, requantize } from '../requantize';
import { endRow, firstRow, read, scratch, signed16, word16, word32 } from '../step';
import { BLOCK_OUTPUTS, multiply } from './block';
import { isWide, MOST_WIDE, multiplyWide, pairWeights } from './block-wide';
import { convHalves } from './conv-halves';
import { copyRuns, locateInputs, locateOutputs, OUTPUTS, PIXELS, SOURCES, STARTS } from './groups';
import { halves } from './machine';
import { fast, loadRecords, START } from './requantize';

// Byte offsets in scratch, behind the tables of groups.ts.
/** Two columns of 64 outputs. */
const RECORDS = 200;
/** [outputs of the tile][12 pixels], i32; behind them weights and gathered windows. */
const SUMS = RECORDS + 2 * L.SCRATCH_COLUMN;
const SUM_BYTES = 4 * GROUP_PIXELS;
/** Outputs of a tile. */
const MOST_TILE = 32;
const LEAST_TILE = 8;
/** Beyond the weights, where a tile ends in the middle of a block of outputs. */
const OVERREAD = BLOCK_OUTPUTS * K_BLOCK;

/** The task's output rows. */
export function conv(): void {
  if (halves()) convHalves();
  else convBlocks();
}

function convBlocks(): void {
  const end = SUMS + OVERREAD;
  const space = L.SCRATCH_WORDS + max(word16(L.S_K_CHUNK) * GROUP_BYTES, GROUP_PIXELS * L.FINISHED_PIXEL) - end;
  const weightBytes = isWide() ? 2 : 1;
  const gathered = word32(L.S_WINDOW) ? GROUP_PIXELS : 0;
  const k = (word32(L.S_K) + K_BLOCK - 1) & -K_BLOCK;
  // A tile's sums, weights and windows: tile * SUM_BYTES + k * (tile * weightBytes + gathered).
  const fit = (space - k * gathered) / (SUM_BYTES + k * weightBytes);
  const tile = min(MOST_TILE, max(LEAST_TILE, fit & -BLOCK_OUTPUTS));
  let part = min(k, ((space - tile * SUM_BYTES) / (tile * weightBytes + gathered)) & -K_BLOCK);
  if (isWide()) part = min(part, MOST_WIDE);
  let channel = 0;
  do {
    const n = loadRecords(scratch() + RECORDS, scratch() + SUMS, channel);
    const end = channel + n;
    let record = scratch() + RECORDS;
    do {
      const outputs = min(tile, end - channel);
      convTile(channel, outputs, part, scratch() + SUMS + tile * SUM_BYTES, record);
      record += outputs * RECORD_BYTES;
      channel += outputs;
    } while (channel != end);
  } while (channel != word16(L.S_OUT_CHANNELS));
}

/** n outputs from `channel` on of all of the task's pixels, K in parts of `part`. */
function convTile(channel: i32, n: i32, part: i32, weights: i32, record: i32): void {
  const end = endRow() * word16(L.S_OUT_WIDTH);
  const k = word32(L.S_K);
  let pixel = firstRow() * word16(L.S_OUT_WIDTH);
  // The part of K whose weights are there.
  let loaded = -1;
  do {
    const pixels = min(GROUP_PIXELS, end - pixel);
    locateInputs(pixel, pixels);
    locateOutputs(pixel, pixels);
    let k0 = 0;
    do {
      const width = min(part, k - k0);
      if (loaded != k0) {
        streamPart(k0, width, channel, n, weights);
        loaded = k0;
      }
      accumulate(k0, width, n, part, pixels, weights, k0 + width == k && !isGeneral() ? record : 0, channel);
      k0 += part;
    } while (k0 < k);
    if (isGeneral()) finishGeneral(channel, n, record, pixels);
    else finishRest(channel, n, record, pixels);
    pixel += GROUP_PIXELS;
  } while (pixel < end);
}

/** The weights of n outputs for inputs [k0, k0 + width). */
function streamPart(k0: i32, width: i32, channel: i32, n: i32, to: i32): void {
  do {
    stream(k0, min(K_BLOCK, width), channel, n, to);
    if (isWide()) {
      pairWeights(to, even(n), scratch() + STARTS);
      to += 2 * even(n) * K_BLOCK;
    } else {
      to += n * K_BLOCK;
    }
    k0 += K_BLOCK;
    width -= K_BLOCK;
  } while (width > 0);
}

/** Rounds up to even: block-wide.ts takes pairs. The extra output reads garbage; its sums are dropped. */
// @ts-ignore: decorator
@inline function even(n: i32): i32 { return (n + 1) & -2; }

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

/** Adds the products of inputs [k0, k0 + width) to the sums of the group, or begins them with those. */
function accumulate(k0: i32, width: i32, n: i32, part: i32, pixels: i32, weights: i32, record: i32, channel: i32): void {
  let table = scratch() + PIXELS;
  let offset = k0;
  if (word32(L.S_WINDOW)) {
    gather(k0, width, part, weights + (isWide() ? 2 * even(n) : n) * part + OVERREAD, pixels);
    table = scratch() + SOURCES;
    offset = 0;
  }
  start(table, offset, width, k0 == 0 && !isGeneral() ? START : 0, pixels);
  const starts = scratch() + STARTS;
  const sums = scratch() + SUMS;
  const places = scratch() + OUTPUTS;
  if (isWide()) multiplyWide(table, offset, starts, sums, weights, n, width, pixels, k0, record, places, channel);
  else multiply(table, offset, starts, sums, weights, n, width, pixels, k0, record, places, channel);
}

/** Copies inputs [k0, k0 + width) of every pixel's window to columns `part` bytes apart. */
function gather(k0: i32, width: i32, part: i32, to: i32, pixels: i32): void {
  const run = word32(L.S_RUN);
  const skip = word32(L.S_WINDOW_ROW) - run;
  const row = k0 / run;
  let table = scratch();
  const end = table + 4 * pixels;
  do {
    const from = load<i32>(table, PIXELS) + row * skip + k0;
    const left = (row + 1) * run - k0;
    const at = to;
    const stop = to + width;
    copyRuns(from, at, stop, left, run, skip);
    store<i32>(table, to, SOURCES);
    to += part;
    table += 4;
  } while (table < end);
  // The last one again where the last block has fewer pixels.
  store<i32>(table, to - part, SOURCES);
  store<i32>(table, to - part, SOURCES + 4);
}

/** Start of the sums: `first`, less the weights' zero point times the sum of the pixel's inputs. */
function start(table: i32, offset: i32, width: i32, first: i32, pixels: i32): void {
  const zeroPoint = signed16(L.S_WEIGHT_ZERO_POINT);
  let to = scratch() + STARTS;
  // Those that are the last one again, too.
  const end = to + 4 * min(GROUP_PIXELS, pixels + 2);
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
  } while (to != end);
}

/** Requantises and stores the sums of outputs that are not a block of four. */
function finishRest(channel: i32, n: i32, record: i32, pixels: i32): void {
  const low = signed16(L.S_CLAMP_LOW), high = signed16(L.S_CLAMP_HIGH);
  const whole = n & -BLOCK_OUTPUTS;
  let sums = scratch() + SUMS + whole * SUM_BYTES;
  record += whole * RECORD_BYTES;
  const end = channel + n;
  for (channel += whole; channel != end; channel++) {
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
    sums += SUM_BYTES;
    record += RECORD_BYTES;
  }
}

/** Requantises and stores all sums on the general path. */
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
    sums += SUM_BYTES;
    record += RECORD_BYTES;
  } while (++channel != end);
}

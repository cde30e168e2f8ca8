// Convolution for machines that load no signed bytes (Xtensa): the values of a group of pixels and the weights of a tile of outputs
// are widened to 16 bits once, and multiplied many times.
//
//   for every tile of outputs                     as many as there is room for: their records are made once
//     for every group of pixels                   twelve, six or three
//       widen the pixels' values                  for every part of K: all of it, but for very long ones
//       for every output: multiply, add, requantise
//
// With DOT a sum is a dot product of values that stand in a row. Without, sums of two pixels and four outputs stay in registers,
// and weights of four outputs stand together, quad by quad. Scratch is what the file's plan has for ../conv.ts.
import * as L from '../../../program/layout';
import { GROUP_BYTES, GROUP_PIXELS, K_BLOCK } from '../lanes';
import { isGeneral } from '../requantize';
import { endRow, firstRow, read, scratch, signed16, word16, word32 } from '../step';
import { copyRuns, locateInputs, locateOutputs, OUTPUTS, PIXELS } from './groups';
import { DOT, dot, halves } from './machine';
import { ADDEND, FACTOR, loadScales, MOST, SCALE_BYTES, SHIFTS, START, scaled, scaledGeneral } from './scale';
import { AS_THEY_ARE, widen, widenMore } from './widen';

// Byte offsets in scratch. In the place of two tables of groups.ts that are not needed, how the step is worked on, i32 each:
/** values of K at a time, padded to quads, */
const PART = 48;
/** pixels at a time, */
const GROUP = 52;
/** and addresses of sums [outputs][12], weights, and pixels' values. */
const SUMS = 56;
const WEIGHTS = 60;
const VALUES = 64;
/** Records of the outputs of a tile. */
const RECORDS = 200;
const SUM_BYTES = 4 * GROUP_PIXELS;
const MOST_TILE = 32;
const LEAST_TILE = 8;
/** Larger groups are not worth smaller tiles. */
const GOOD_TILE = 12;
/** Where the pixels' values stand, a tile's table goes through, 9 bytes an output, and its weights, 8 at a time. */
const LEAST_VALUES = 9 * MOST_TILE;
/** dot() may read this much more. */
const OVERREAD = 8;
/** Bytes of a quad: four values, and those of four outputs. */
const QUAD = 8;
const BLOCK = 32;

/** The task's output rows. */
export function convHalves(): void {
  const end = RECORDS + OVERREAD;
  const space = L.SCRATCH_WORDS + max(word16(L.S_K_CHUNK) * GROUP_BYTES, GROUP_PIXELS * L.FINISHED_PIXEL) - end;
  const k = (word32(L.S_K) + 3) & -4;
  // Bytes of an output besides its weights. Dot products over all of K that are requantised at once need no sums.
  let bytes = SCALE_BYTES + (isDirect() ? 0 : SUM_BYTES);
  // No more pixels than there are, in pairs.
  const pixels = (endRow() - firstRow()) * word16(L.S_OUT_WIDTH);
  let part = k, group = min(GROUP_PIXELS, (pixels + 1) & -2);
  let tile = tileOf(space, group, part, bytes);
  if (tile < GOOD_TILE) group = min(group, 6), tile = tileOf(space, group, part, bytes);
  if (tile < LEAST_TILE) {
    bytes = SCALE_BYTES + SUM_BYTES;
    tile = GOOD_TILE;
    part = ((space - tile * bytes) / (2 * (tile + group))) & -K_BLOCK;
  }
  tile = min(tile & -4, MOST_TILE);
  const base = scratch();
  const sums = base + RECORDS + tile * SCALE_BYTES;
  const weights = base + RECORDS + tile * bytes;
  store<i32>(base, part, PART);
  store<i32>(base, group, GROUP);
  store<i32>(base, sums, SUMS);
  store<i32>(base, weights, WEIGHTS);
  store<i32>(base, weights + 2 * tile * part, VALUES);
  const channels = word16(L.S_OUT_CHANNELS);
  for (let channel = 0; channel < channels; channel += tile) convTile(channel, min(tile, channels - channel));
}

/** Outputs that there is room for beside the values of so many pixels. */
function tileOf(space: i32, group: i32, part: i32, bytes: i32): i32 {
  return (space - max(2 * group * part, LEAST_VALUES)) / (bytes + 2 * part);
}

/** Whether dot products are requantised at once, where they are over all of K. */
// @ts-ignore: decorator
@inline function isDirect(): bool { return halves() == DOT && !isGeneral(); }

/** n outputs from `channel` on of all of the task's pixels. */
function convTile(channel: i32, n: i32): void {
  const base = scratch();
  const end = endRow() * word16(L.S_OUT_WIDTH);
  const k = word32(L.S_K), part = load<i32>(base, PART), group = load<i32>(base, GROUP);
  const whole = part >= k;
  loadScales(base + RECORDS, load<i32>(base, VALUES), channel, n);
  if (whole) {
    loadWeights(0, k, channel, n);
    if (isDirect()) takeMore(n);
  }
  let pixel = firstRow() * word16(L.S_OUT_WIDTH);
  do {
    const pixels = min(GROUP_PIXELS, end - pixel);
    locateInputs(pixel, pixels);
    locateOutputs(pixel, pixels);
    let first = 0;
    do {
      const count = min(group, pixels - first);
      let k0 = 0;
      do {
        const width = min(part, k - k0);
        if (!whole) loadWeights(k0, width, channel, n);
        loadPixels(k0, width, first, count);
        if (whole && isDirect()) dotOutputs(channel, n, first, count);
        else {
          sum(n, count, (width + 3) >> 2, k0);
          if (k0 + width == k) finish(channel, n, first, count);
        }
        k0 += part;
      } while (k0 < k);
      first += group;
    } while (first < pixels);
    pixel += GROUP_PIXELS;
  } while (pixel < end);
}

/** The weights of n outputs for inputs [k0, k0 + width), less their zero point. */
function loadWeights(k0: i32, width: i32, channel: i32, n: i32): void {
  const base = scratch();
  const zero = signed16(L.S_WEIGHT_ZERO_POINT);
  const less = AS_THEY_ARE - zero * 0x10001;
  const raw = load<i32>(base, VALUES);
  const row = 2 * load<i32>(base, PART);
  let to = load<i32>(base, WEIGHTS);
  do {
    const block = min(K_BLOCK, width);
    const bytes = n * block;
    let from = raw + n * (K_BLOCK - block);
    read(from, word32(L.S_WEIGHTS) + k0 * word16(L.S_OUT_CHANNELS) + channel * block, bytes);
    const quads = (block + 3) >> 2;
    for (let i = 0, at = raw; i < n; i++, at += K_BLOCK) {
      if (block != K_BLOCK) {
        for (let j = 0; j < K_BLOCK; j++) store<u8>(at + j, j < block ? load<u8>(from++) : zero);
      }
      if (halves() == DOT) widen(at, to + i * row, quads, QUAD, less);
      else widen(at, to + (i & -4) * row + (i & 3) * QUAD, quads, BLOCK, less);
    }
    to += (halves() == DOT ? 1 : 4) * 2 * K_BLOCK;
    k0 += K_BLOCK;
    width -= K_BLOCK;
  } while (width > 0);
}

/** Takes out of what the sums of n outputs start with what they make of values that are 128 more than they are. */
function takeMore(n: i32): void {
  const base = scratch();
  const row = 2 * load<i32>(base, PART);
  const values = load<i32>(base, VALUES);
  for (let at = values; at != values + row; at += 4) store<i32>(at, 0x800080);
  let w = load<i32>(base, WEIGHTS);
  let record = base + RECORDS;
  for (const end = record + n * SCALE_BYTES; record != end; record += SCALE_BYTES) {
    store<i32>(record, load<i32>(record, START) - dot(values, w, row >> 3, 0), START);
    w += row;
  }
}

/** Values [k0, k0 + width) of `count` pixels of the group. */
function loadPixels(k0: i32, width: i32, first: i32, count: i32): void {
  const base = scratch();
  const run = word32(L.S_RUN);
  const part = load<i32>(base, PART);
  const quads = (width + 3) >> 2;
  const more = isDirect() && part >= word32(L.S_K);
  const windows = word32(L.S_WINDOW);
  const skip = word32(L.S_WINDOW_ROW) - run;
  let row = 0, left = run;
  if (k0) {
    row = k0 / run;
    left = (row + 1) * run - k0;
  }
  let table = base + 4 * first;
  const end = table + 4 * count;
  let to = load<i32>(base, VALUES);
  do {
    let from = load<i32>(table, PIXELS) + k0;
    if (windows) {
      const raw = to + part;
      copyRuns(from + row * skip, raw, raw + width, left, run, skip);
      from = raw;
    } else if ((from | width) & 3) {
      memory.copy(to + part, from, width);
      from = to + part;
    }
    if (more) widenMore(from, to, quads);
    else widen(from, to, quads, QUAD, AS_THEY_ARE);
    to += 2 * part;
    table += 4;
  } while (table != end);
}

/** Outputs of `count` pixels, one dot product each. */
function dotOutputs(channel: i32, n: i32, first: i32, count: i32): void {
  const base = scratch();
  const row = 2 * load<i32>(base, PART);
  const values = load<i32>(base, VALUES);
  const places = base + OUTPUTS + 4 * first;
  let record = base + RECORDS;
  let w = load<i32>(base, WEIGHTS);
  const end = channel + n;
  do {
    dotPixels(values, w, row >> 3, places, places + 4 * count, channel, record);
    w += row;
    record += SCALE_BYTES;
  } while (++channel != end);
}

/**
 * One output of pixels whose values stand one behind the other from x on: goes to the addresses in [place, end) and `channel` more.
 * The hot loop, so for MAC16 there is another form in firmware-glue/core/dw_mac16_pixels.h.
 */
function dotPixels(x: i32, w: i32, quads: i32, place: i32, end: i32, channel: i32, record: i32): void {
  const start = load<i32>(record, START), most = load<i32>(record, MOST), shifts = load<i32>(record, SHIFTS);
  const factor = load<i32>(record, FACTOR), addend = load<i32>(record, ADDEND);
  do {
    const u = dot(x, w, quads, start);
    store<u8>(load<i32>(place) + channel, scaled(u, most, shifts, factor, addend, record));
    x += QUAD * quads;
    place += 4;
  } while (place != end);
}

/** Sums of n outputs and `count` pixels over the values that are there; they begin, or go on where k0 is not 0. */
function sum(n: i32, count: i32, quads: i32, k0: i32): void {
  const base = scratch();
  const row = 2 * load<i32>(base, PART);
  let w = load<i32>(base, WEIGHTS);
  let sums = load<i32>(base, SUMS);
  let record = base + RECORDS;
  const end = sums + n * SUM_BYTES;
  if (!k0) startSums(sums, end, record);
  do {
    let x = load<i32>(base, VALUES);
    if (halves() == DOT) {
      for (let at = sums, stop = sums + 4 * count; at != stop; at += 4, x += row) {
        store<i32>(at, dot(x, w, quads, load<i32>(at)));
      }
      w += row;
      sums += SUM_BYTES;
    } else {
      for (let at = sums, stop = sums + 4 * count; at < stop; at += 8, x += 2 * row) multiply(x, x + row, w, quads, at);
      w += 4 * row;
      sums += 4 * SUM_BYTES;
    }
  } while (sums < end);
}

function startSums(sums: i32, end: i32, record: i32): void {
  do {
    const start = load<i32>(record, START);
    const stop = sums + SUM_BYTES;
    do {
      store<i32>(sums, start);
      sums += 4;
    } while (sums != stop);
    record += SCALE_BYTES;
  } while (sums != end);
}

/** Adds to the sums of four outputs, SUM_BYTES apart, of two pixels whose values stand from p and from q on. */
function multiply(p: i32, q: i32, w: i32, quads: i32, sums: i32): void {
  let a0 = load<i32>(sums), b0 = load<i32>(sums, 4);
  let a1 = load<i32>(sums, 48), b1 = load<i32>(sums, 52);
  let a2 = load<i32>(sums, 96), b2 = load<i32>(sums, 100);
  let a3 = load<i32>(sums, 144), b3 = load<i32>(sums, 148);
  let x: i32, y: i32, v: i32;
  const end = w + quads * BLOCK;
  do {
    x = load<i16>(p), y = load<i16>(q);
    v = load<i16>(w), a0 += x * v, b0 += y * v;
    v = load<i16>(w, 8), a1 += x * v, b1 += y * v;
    v = load<i16>(w, 16), a2 += x * v, b2 += y * v;
    v = load<i16>(w, 24), a3 += x * v, b3 += y * v;
    x = load<i16>(p, 2), y = load<i16>(q, 2);
    v = load<i16>(w, 2), a0 += x * v, b0 += y * v;
    v = load<i16>(w, 10), a1 += x * v, b1 += y * v;
    v = load<i16>(w, 18), a2 += x * v, b2 += y * v;
    v = load<i16>(w, 26), a3 += x * v, b3 += y * v;
    x = load<i16>(p, 4), y = load<i16>(q, 4);
    v = load<i16>(w, 4), a0 += x * v, b0 += y * v;
    v = load<i16>(w, 12), a1 += x * v, b1 += y * v;
    v = load<i16>(w, 20), a2 += x * v, b2 += y * v;
    v = load<i16>(w, 28), a3 += x * v, b3 += y * v;
    x = load<i16>(p, 6), y = load<i16>(q, 6);
    v = load<i16>(w, 6), a0 += x * v, b0 += y * v;
    v = load<i16>(w, 14), a1 += x * v, b1 += y * v;
    v = load<i16>(w, 22), a2 += x * v, b2 += y * v;
    v = load<i16>(w, 30), a3 += x * v, b3 += y * v;
    p += QUAD, q += QUAD, w += BLOCK;
  } while (w != end);
  store<i32>(sums, a0), store<i32>(sums, b0, 4);
  store<i32>(sums, a1, 48), store<i32>(sums, b1, 52);
  store<i32>(sums, a2, 96), store<i32>(sums, b2, 100);
  store<i32>(sums, a3, 144), store<i32>(sums, b3, 148);
}

/** Requantises and stores the sums of `count` pixels. */
function finish(channel: i32, n: i32, first: i32, count: i32): void {
  const base = scratch();
  const places = base + OUTPUTS + 4 * first;
  const placesEnd = places + 4 * count;
  let record = base + RECORDS;
  let sums = load<i32>(base, SUMS);
  const end = channel + n;
  do {
    let at = sums;
    let place = places;
    if (isGeneral()) {
      do {
        store<u8>(load<i32>(place) + channel, scaledGeneral(load<i32>(at), record));
        at += 4;
        place += 4;
      } while (place != placesEnd);
    } else {
      const most = load<i32>(record, MOST), shifts = load<i32>(record, SHIFTS);
      const factor = load<i32>(record, FACTOR), addend = load<i32>(record, ADDEND);
      do {
        store<u8>(load<i32>(place) + channel, scaled(load<i32>(at), most, shifts, factor, addend, record));
        at += 4;
        place += 4;
      } while (place != placesEnd);
    }
    sums += SUM_BYTES;
    record += SCALE_BYTES;
  } while (++channel != end);
}

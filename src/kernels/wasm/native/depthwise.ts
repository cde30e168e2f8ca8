// Depthwise convolution, 3x3 with stride 1 or 2, output row by output row in plain i32. Walking along the row, a column
// serves up to three neighbouring outputs, whose sums travel in locals.
//
// A column of a channel is read before the output that it completes is written: the output row may stand exactly where the
// input row stands that is read last for it.
import * as L from '../../../program/layout';
import { findRows, plain, recordsAt, TAPS, weightsAt } from '../depthwise';
import { RECORD_BYTES, RECORD_MULTIPLIER, RECORD_SHIFT } from '../requantize';
import { endRow, firstRow, inputPixel, read, signed16, word16, word32 } from '../step';
import { depthwiseDot, isAligned } from './depthwise-dot';
import { DOT, flip, halves } from './machine';
import { fast, loadRecords, START } from './requantize';
import { inputsOf, nextBlock, nextLane, outputOf } from './rows';
import { ADDEND, FACTOR, loadScales, MOST, SCALE_BYTES, SHIFTS, START as FIRST, scaled } from './scale';

/** The task's output rows. */
export function depthwise(): void {
  const columns = word16(L.S_FLAGS) & L.STEP_COLUMNS;
  if (columns) findRows();
  if (columns && halves()) {
    if (halves() == DOT && isAligned()) depthwiseDot();
    else walkHalves();
    return;
  }
  let channel = 0;
  do {
    const n = loadRecords(recordsAt(), weightsAt(), channel);
    const taps = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W);
    read(weightsAt(), word32(L.S_WEIGHTS) + channel * taps, n * taps);
    if (columns) walk(channel, n);
    else plain(channel, n);
    channel += n;
  } while (channel != word16(L.S_OUT_CHANNELS));
}

/** Channels whose records fill their columns. */
const MOST_SCALES = 3 * L.SCRATCH_COLUMN / SCALE_BYTES;

/** All channels of all rows, on machines that load no signed bytes. */
function walkHalves(): void {
  const channels = word16(L.S_OUT_CHANNELS);
  const most = min(word16(L.S_OUT_CHUNK), MOST_SCALES);
  const twice = word16(L.S_STRIDE_W) == 2;
  for (let channel = 0; channel < channels;) {
    const n = min(most, channels - channel);
    let record = recordsAt();
    let weights = weightsAt();
    loadScales(record, weights, channel, n);
    read(weights, word32(L.S_WEIGHTS) + channel * TAPS, n * TAPS);
    const end = channel + n;
    do {
      if (twice) strideTwo(channel, record, weights);
      else strideOne(channel, record, weights);
      record += SCALE_BYTES;
      weights += TAPS;
    } while (++channel != end);
  }
}

/** n channels of all rows. */
function walk(channel: i32, n: i32): void {
  const end = channel + n;
  const twice = word16(L.S_STRIDE_W) == 2;
  let record = recordsAt();
  let weights = weightsAt();
  do {
    if (twice) strideTwo(channel, record, weights);
    else strideOne(channel, record, weights);
    record += RECORD_BYTES;
    weights += TAPS;
  } while (++channel != end);
}

/** A value, where signed bytes cannot be loaded 128 more. */
// @ts-ignore: decorator
@inline function value(at: i32, flipped: i32): i32 { return halves() ? <i32>load<u8>(at) ^ flipped : <i32>load<i8>(at); }

/** How much more than a value it is. */
// @ts-ignore: decorator
@inline function more(): i32 { return halves() ? 128 : 0; }

/** Start of a sum of nine such values times weights of this sum. */
// @ts-ignore: decorator
@inline function firstOf(record: i32, weights: i32): i32 { return load<i32>(record, FIRST) - more() * weights; }

/** One channel of the task's rows. */
function strideOne(channel: i32, record: i32, weights: i32): void {
  const wz = signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = <i32>load<i8>(weights) - wz, w01 = <i32>load<i8>(weights, 1) - wz, w02 = <i32>load<i8>(weights, 2) - wz;
  const w10 = <i32>load<i8>(weights, 3) - wz, w11 = <i32>load<i8>(weights, 4) - wz, w12 = <i32>load<i8>(weights, 5) - wz;
  const w20 = <i32>load<i8>(weights, 6) - wz, w21 = <i32>load<i8>(weights, 7) - wz, w22 = <i32>load<i8>(weights, 8) - wz;
  const start = firstOf(record, w00 + w01 + w02 + w10 + w11 + w12 + w20 + w21 + w22);
  const multiplier: i64 = load<i32>(record, RECORD_MULTIPLIER);
  const addend = load<i64>(record) + START * multiplier;
  const shift = load<i32>(record, RECORD_SHIFT) - 32;
  const most = load<i32>(record, MOST), shifts = load<i32>(record, SHIFTS);
  const factor = load<i32>(record, FACTOR), scaleAddend = load<i32>(record, ADDEND);
  const low = signed16(L.S_CLAMP_LOW), high = signed16(L.S_CLAMP_HIGH);
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const padded = word16(L.S_PAD_LEFT);
  const left = (signed16(L.S_IN_ZERO_POINT) + more()) * (w00 + w10 + w20);
  // Outputs whose windows end inside the input, and all of them.
  const inside = min(word16(L.S_OUT_WIDTH), word16(L.S_IN_WIDTH) - 2 + padded) * outPixel;
  const all = word16(L.S_OUT_WIDTH) * outPixel;
  const rows = endRow() - firstRow();
  const flipped = flip();
  let block = word32(L.S_BLOCKS);
  let lane = 0;
  for (let row = 0; row < rows; row++) {
    const list = inputsOf(block, lane, 1);
    let r0 = load<i32>(list) + channel, r1 = load<i32>(list, 4) + channel, r2 = load<i32>(list, 8) + channel;
    let out = load<i32>(outputOf(block, lane)) + channel;
    block = nextBlock(block, lane);
    lane = nextLane(lane);
    const end = out + all;
    let stop = out + inside;
    let step = pixel;
    // Sums of the output that the next column completes, and of the one after it.
    let next: i32, later = left;
    let x: i32, y: i32, z: i32;
    if (!padded) {
      x = value(r0, flipped), y = value(r1, flipped), z = value(r2, flipped);
      later = x * w00 + y * w10 + z * w20;
      r0 += pixel, r1 += pixel, r2 += pixel;
    }
    x = value(r0, flipped), y = value(r1, flipped), z = value(r2, flipped);
    next = later + x * w01 + y * w11 + z * w21;
    later = x * w00 + y * w10 + z * w20;
    r0 += pixel, r1 += pixel, r2 += pixel;
    for (;;) {
      while (out != stop) {
        x = value(r0, flipped), y = value(r1, flipped), z = value(r2, flipped);
        const sum = next + x * w02 + y * w12 + z * w22;
        next = later + x * w01 + y * w11 + z * w21;
        later = x * w00 + y * w10 + z * w20;
        if (halves()) store<u8>(out, scaled(sum + start, most, shifts, factor, scaleAddend, record));
        else store<u8>(out, fast(sum, multiplier, addend, shift, low, high));
        r0 += step, r1 += step, r2 += step;
        out += outPixel;
      }
      if (stop == end) break;
      // Columns of padding.
      stop = end;
      step = 0;
      r0 = r1 = r2 = word32(L.S_WINDOW) + channel;
    }
  }
}

/** Row with stride 2: an output's right column is the left one of the next. */
function strideTwo(channel: i32, record: i32, weights: i32): void {
  const wz = signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = <i32>load<i8>(weights) - wz, w01 = <i32>load<i8>(weights, 1) - wz, w02 = <i32>load<i8>(weights, 2) - wz;
  const w10 = <i32>load<i8>(weights, 3) - wz, w11 = <i32>load<i8>(weights, 4) - wz, w12 = <i32>load<i8>(weights, 5) - wz;
  const w20 = <i32>load<i8>(weights, 6) - wz, w21 = <i32>load<i8>(weights, 7) - wz, w22 = <i32>load<i8>(weights, 8) - wz;
  const start = firstOf(record, w00 + w01 + w02 + w10 + w11 + w12 + w20 + w21 + w22);
  const multiplier: i64 = load<i32>(record, RECORD_MULTIPLIER);
  const addend = load<i64>(record) + START * multiplier;
  const shift = load<i32>(record, RECORD_SHIFT) - 32;
  const most = load<i32>(record, MOST), shifts = load<i32>(record, SHIFTS);
  const factor = load<i32>(record, FACTOR), scaleAddend = load<i32>(record, ADDEND);
  const low = signed16(L.S_CLAMP_LOW), high = signed16(L.S_CLAMP_HIGH);
  const zero = signed16(L.S_IN_ZERO_POINT) + more();
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const padded = word16(L.S_PAD_LEFT);
  const all = word16(L.S_OUT_WIDTH) * outPixel;
  const rowBytes = word16(L.S_IN_WIDTH) * pixel;
  const rows = endRow() - firstRow();
  const flipped = flip();
  let block = word32(L.S_BLOCKS);
  let lane = 0;
  for (let row = 0; row < rows; row++) {
    const list = inputsOf(block, lane, 2);
    let r0 = load<i32>(list) + channel, r1 = load<i32>(list, 4) + channel, r2 = load<i32>(list, 8) + channel;
    let out = load<i32>(outputOf(block, lane)) + channel;
    block = nextBlock(block, lane);
    lane = nextLane(lane);
    const end = out + all;
    const rowEnd = r0 + rowBytes;
    let x = zero, y = zero, z = zero;
    if (!padded) {
      x = value(r0, flipped), y = value(r1, flipped), z = value(r2, flipped);
      r0 += pixel, r1 += pixel, r2 += pixel;
    }
    do {
      let sum = x * w00 + y * w10 + z * w20;
      x = y = z = zero;
      if (r0 < rowEnd) {
        x = value(r0, flipped), y = value(r1, flipped), z = value(r2, flipped);
        r0 += pixel, r1 += pixel, r2 += pixel;
      }
      sum += x * w01 + y * w11 + z * w21;
      x = y = z = zero;
      if (r0 < rowEnd) {
        x = value(r0, flipped), y = value(r1, flipped), z = value(r2, flipped);
        r0 += pixel, r1 += pixel, r2 += pixel;
      }
      sum += x * w02 + y * w12 + z * w22;
      if (halves()) store<u8>(out, scaled(sum + start, most, shifts, factor, scaleAddend, record));
      else store<u8>(out, fast(sum, multiplier, addend, shift, low, high));
      out += outPixel;
    } while (out != end);
  }
}

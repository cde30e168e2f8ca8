// Depthwise 3x3 for machines with dot products of 16-bit halves of words: four channels of a row's columns are gathered at a time, so
// that the nine values of a window stand one behind the other.
//
// Columns stand as [2 planes][columns][3 rows] of words: in the first plane channels 0 and 2 of the four, in the second 1 and 3, each
// 128 more than it is. All columns of a segment are read before its outputs are written: the output row may stand where an
// input row stands.
import * as L from '../../../program/layout';
import { TAPS, weightsAt } from '../depthwise';
import { endRow, firstRow, inputPixel, read, scratch, signed16, word16, word32 } from '../step';
import { inputsOf, nextBlock, nextLane, outputOf } from './rows';
import { ADDEND, FACTOR, loadScales, MOST, SCALE_BYTES, SHIFTS, START, estimate, exact } from './scale';

const CHANNELS = 4;
const COLUMN = 12;
/** Taps of a channel as pairs of halves, and a copy of its record's SHIFTS. */
const WEIGHT_BYTES = 24;
const TAP_SHIFTS = 20;
// Byte offsets in scratch, in the place of the records of other kernels: those of four channels, their weights, both planes.
const WEIGHTS = CHANNELS * SCALE_BYTES;
const COLUMNS = WEIGHTS + CHANNELS * WEIGHT_BYTES;
const MOST_COLUMNS = (3 * L.SCRATCH_COLUMN - COLUMNS) / (2 * COLUMN);
const PLANE = MOST_COLUMNS * COLUMN;

/** Whether the task's rows can be read word by word. */
export function isAligned(): bool {
  let bits = inputPixel() | word16(L.S_OUT_CHANNELS);
  const rows = endRow() - firstRow();
  let block = word32(L.S_BLOCKS);
  let lane = 0;
  for (let row = 0; row < rows; row++) {
    const list = inputsOf(block, lane, word16(L.S_STRIDE_H));
    bits |= load<i32>(list) | load<i32>(list, 4) | load<i32>(list, 8);
    block = nextBlock(block, lane);
    lane = nextLane(lane);
  }
  return (bits & 3) == 0;
}

/** The task's output rows. */
export function depthwiseDot(): void {
  const base = scratch();
  const raw = weightsAt();
  const rows = endRow() - firstRow();
  const step = word16(L.S_STRIDE_W);
  const channels = word16(L.S_OUT_CHANNELS);
  for (let channel = 0; channel < channels; channel += CHANNELS) {
    loadScales(base, raw, channel, CHANNELS);
    read(raw, word32(L.S_WEIGHTS) + channel * TAPS, CHANNELS * TAPS);
    for (let i = 0; i < CHANNELS; i++) pairTaps(raw + i * TAPS, base + WEIGHTS + i * WEIGHT_BYTES, base + i * SCALE_BYTES);
    let block = word32(L.S_BLOCKS);
    let lane = 0;
    for (let row = 0; row < rows; row++) {
      walk(inputsOf(block, lane, step), load<i32>(outputOf(block, lane)) + channel, channel, step);
      block = nextBlock(block, lane);
      lane = nextLane(lane);
    }
  }
}

/** Writes the taps of a channel, less their zero point, column by column; what they make of the values' 128 goes into its record. */
function pairTaps(from: i32, to: i32, record: i32): void {
  const zero = signed16(L.S_WEIGHT_ZERO_POINT);
  const a = <i32>load<i8>(from) - zero, b = <i32>load<i8>(from, 3) - zero, c = <i32>load<i8>(from, 6) - zero;
  const d = <i32>load<i8>(from, 1) - zero, e = <i32>load<i8>(from, 4) - zero, f = <i32>load<i8>(from, 7) - zero;
  const g = <i32>load<i8>(from, 2) - zero, h = <i32>load<i8>(from, 5) - zero, i = <i32>load<i8>(from, 8) - zero;
  store<i16>(to, a), store<i16>(to, b, 2), store<i16>(to, c, 4);
  store<i16>(to, d, 6), store<i16>(to, e, 8), store<i16>(to, f, 10);
  store<i16>(to, g, 12), store<i16>(to, h, 14), store<i16>(to, i, 16);
  const sum = a + b + c + d + e + f + g + h + i;
  store<i32>(to, load<i32>(record, SHIFTS), TAP_SHIFTS);
  store<i32>(record, load<i32>(record, START) - 128 * sum, START);
}

/** Four channels of a row. */
function walk(list: i32, out: i32, channel: i32, step: i32): void {
  const base = scratch();
  const columns = base + COLUMNS;
  const width = word16(L.S_OUT_WIDTH), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  // Outputs whose columns there is room for.
  const most = (MOST_COLUMNS - 3) / step + 1;
  let column = -word16(L.S_PAD_LEFT);
  let there = 0;
  for (let x = 0; x < width;) {
    const n = min(most, width - x);
    const needed = (n - 1) * step + 3;
    gather(list, channel, column + there, column + needed, columns + there * COLUMN);
    for (let i = 0; i < CHANNELS; i++) {
      const at = columns + (i & 1) * PLANE;
      const record = base + i * SCALE_BYTES;
      const weights = base + WEIGHTS + i * WEIGHT_BYTES;
      if (i < 2) tapsLow(at, weights, record, out + i, n, outPixel, COLUMN * step);
      else tapsHigh(at, weights, record, out + i, n, outPixel, COLUMN * step);
    }
    x += n;
    out += n * outPixel;
    column += n * step;
    there = needed - n * step;
    if (x < width) {
      memory.copy(columns, columns + n * step * COLUMN, there * COLUMN);
      memory.copy(columns + PLANE, columns + PLANE + n * step * COLUMN, there * COLUMN);
    }
  }
}

/** Columns [from, to) of the input; those outside of it are padding. */
function gather(list: i32, channel: i32, from: i32, to: i32, at: i32): void {
  const width = word16(L.S_IN_WIDTH), pixel = inputPixel();
  const zero = ((signed16(L.S_IN_ZERO_POINT) + 128) & 0xff) * 0x10001;
  for (; from < min(0, to); from++) at = pad(at, zero);
  const end = min(to, width);
  if (from < end) {
    const offset = channel + from * pixel;
    const stop = at + (end - from) * COLUMN;
    columnsOf(load<i32>(list) + offset, load<i32>(list, 4) + offset, load<i32>(list, 8) + offset, pixel, at, stop);
    at = stop;
    from = end;
  }
  for (; from < to; from++) at = pad(at, zero);
}

function pad(at: i32, zero: i32): i32 {
  store<i32>(at, zero), store<i32>(at, zero, 4), store<i32>(at, zero, 8);
  store<i32>(at, zero, PLANE), store<i32>(at, zero, PLANE + 4), store<i32>(at, zero, PLANE + 8);
  return at + COLUMN;
}

function columnsOf(r0: i32, r1: i32, r2: i32, pixel: i32, at: i32, end: i32): void {
  do {
    let values = load<i32>(r0) ^ 0x80808080;
    store<i32>(at, values & 0xff00ff);
    store<i32>(at, (values >>> 8) & 0xff00ff, PLANE);
    values = load<i32>(r1) ^ 0x80808080;
    store<i32>(at, values & 0xff00ff, 4);
    store<i32>(at, (values >>> 8) & 0xff00ff, PLANE + 4);
    values = load<i32>(r2) ^ 0x80808080;
    store<i32>(at, values & 0xff00ff, 8);
    store<i32>(at, (values >>> 8) & 0xff00ff, PLANE + 8);
    r0 += pixel, r1 += pixel, r2 += pixel;
    at += COLUMN;
  } while (at != end);
}

/**
 * `count` outputs of one channel, `stride` bytes apart, whose values are the lower halves of words; windows are `step` bytes apart.
 * The hot loop, so for MAC16 there is another form in firmware-glue/core/dw_mac16_taps.h.
 */
function tapsLow(at: i32, weights: i32, record: i32, out: i32, count: i32, stride: i32, step: i32): void {
  const most = load<i32>(record, MOST), shifts = load<i32>(record, SHIFTS);
  const factor = load<i32>(record, FACTOR), addend = load<i32>(record, ADDEND);
  for (const end = out + count * stride; out != end; out += stride) {
    let value = estimate(windowSum(at, weights, record), most, shifts, factor, addend);
    if (value < 0) value = exactTaps(at, weights, record);
    store<u8>(out, value);
    at += step;
  }
}

/** Taps over the upper halves. */
function tapsHigh(at: i32, weights: i32, record: i32, out: i32, count: i32, stride: i32, step: i32): void {
  tapsLow(at + 2, weights, record, out, count, stride, step);
}

/** The output of a window; called from firmware-glue/core/dw_mac16_taps.h. */
function exactTaps(at: i32, weights: i32, record: i32): i32 { return exact(windowSum(at, weights, record), record); }

/** The sum of a window whose values are every second half from `at` on. */
function windowSum(at: i32, weights: i32, record: i32): i32 {
  let sum = load<i32>(record, START);
  for (let i = 0; i < TAPS; i++) sum += <i32>load<i16>(at + 4 * i) * <i32>load<i16>(weights + 2 * i);
  return sum;
}

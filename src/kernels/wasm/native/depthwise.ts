// Depthwise convolution, 3x3 with stride 1 or 2, output row by output row in plain i32. Walking along the row, a column
// serves up to three neighbouring outputs, whose sums travel in locals.
//
// A column of a channel is read before the output that it completes is written: the output row may stand exactly where the
// input row stands that is read last for it.
import * as L from '../../../program/layout';
import { BLOCK_BYTES, findRows, LANES, OUTPUT_ROWS, plain, recordsAt, TAPS, weightsAt } from '../depthwise';
import { RECORD_BYTES, RECORD_MULTIPLIER, RECORD_SHIFT } from '../requantize';
import { endRow, firstRow, inputPixel, read, signed16, word16, word32 } from '../step';
import { fast, loadRecords, START } from './requantize';

/** The task's output rows. */
export function depthwise(): void {
  const columns = word16(L.S_FLAGS) & L.STEP_COLUMNS;
  if (columns) findRows();
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

/** Address of the list entry of an output row of the task: its first input row. Its own address stands at `outputOf`. */
// @ts-ignore: decorator
@inline function inputsOf(row: i32, stride: i32): i32 {
  const block = row / LANES;
  return word32(L.S_BLOCKS) + block * BLOCK_BYTES + (row - block * LANES) * stride * 4;
}

// @ts-ignore: decorator
@inline function outputOf(row: i32): i32 {
  const block = row / LANES;
  return word32(L.S_BLOCKS) + block * BLOCK_BYTES + OUTPUT_ROWS + (row - block * LANES) * 4;
}

/** One channel of the task's rows. */
function strideOne(channel: i32, record: i32, weights: i32): void {
  const wz = signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = <i32>load<i8>(weights) - wz, w01 = <i32>load<i8>(weights, 1) - wz, w02 = <i32>load<i8>(weights, 2) - wz;
  const w10 = <i32>load<i8>(weights, 3) - wz, w11 = <i32>load<i8>(weights, 4) - wz, w12 = <i32>load<i8>(weights, 5) - wz;
  const w20 = <i32>load<i8>(weights, 6) - wz, w21 = <i32>load<i8>(weights, 7) - wz, w22 = <i32>load<i8>(weights, 8) - wz;
  const multiplier: i64 = load<i32>(record, RECORD_MULTIPLIER);
  const addend = load<i64>(record) + START * multiplier;
  const shift = load<i32>(record, RECORD_SHIFT) - 32;
  const low = signed16(L.S_CLAMP_LOW), high = signed16(L.S_CLAMP_HIGH);
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const padded = word16(L.S_PAD_LEFT);
  const left = signed16(L.S_IN_ZERO_POINT) * (w00 + w10 + w20);
  // Outputs whose windows end inside the input, and all of them.
  const inside = min(word16(L.S_OUT_WIDTH), word16(L.S_IN_WIDTH) - 2 + padded) * outPixel;
  const all = word16(L.S_OUT_WIDTH) * outPixel;
  const rows = endRow() - firstRow();
  for (let row = 0; row < rows; row++) {
    const list = inputsOf(row, 1);
    let r0 = load<i32>(list) + channel, r1 = load<i32>(list, 4) + channel, r2 = load<i32>(list, 8) + channel;
    let out = load<i32>(outputOf(row)) + channel;
    const end = out + all;
    let stop = out + inside;
    let step = pixel;
    // Sums of the output that the next column completes, and of the one after it.
    let next: i32, later = left;
    let x: i32, y: i32, z: i32;
    if (!padded) {
      x = load<i8>(r0), y = load<i8>(r1), z = load<i8>(r2);
      later = x * w00 + y * w10 + z * w20;
      r0 += pixel, r1 += pixel, r2 += pixel;
    }
    x = load<i8>(r0), y = load<i8>(r1), z = load<i8>(r2);
    next = later + x * w01 + y * w11 + z * w21;
    later = x * w00 + y * w10 + z * w20;
    r0 += pixel, r1 += pixel, r2 += pixel;
    for (;;) {
      while (out != stop) {
        x = load<i8>(r0), y = load<i8>(r1), z = load<i8>(r2);
        const sum = next + x * w02 + y * w12 + z * w22;
        next = later + x * w01 + y * w11 + z * w21;
        later = x * w00 + y * w10 + z * w20;
        store<u8>(out, fast(sum, multiplier, addend, shift, low, high));
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

/** The same with stride 2: an output's right column is the left one of the next. */
function strideTwo(channel: i32, record: i32, weights: i32): void {
  const wz = signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = <i32>load<i8>(weights) - wz, w01 = <i32>load<i8>(weights, 1) - wz, w02 = <i32>load<i8>(weights, 2) - wz;
  const w10 = <i32>load<i8>(weights, 3) - wz, w11 = <i32>load<i8>(weights, 4) - wz, w12 = <i32>load<i8>(weights, 5) - wz;
  const w20 = <i32>load<i8>(weights, 6) - wz, w21 = <i32>load<i8>(weights, 7) - wz, w22 = <i32>load<i8>(weights, 8) - wz;
  const multiplier: i64 = load<i32>(record, RECORD_MULTIPLIER);
  const addend = load<i64>(record) + START * multiplier;
  const shift = load<i32>(record, RECORD_SHIFT) - 32;
  const low = signed16(L.S_CLAMP_LOW), high = signed16(L.S_CLAMP_HIGH);
  const zero = signed16(L.S_IN_ZERO_POINT);
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const padded = word16(L.S_PAD_LEFT);
  const all = word16(L.S_OUT_WIDTH) * outPixel;
  const rowBytes = word16(L.S_IN_WIDTH) * pixel;
  const rows = endRow() - firstRow();
  for (let row = 0; row < rows; row++) {
    const list = inputsOf(row, 2);
    let r0 = load<i32>(list) + channel, r1 = load<i32>(list, 4) + channel, r2 = load<i32>(list, 8) + channel;
    let out = load<i32>(outputOf(row)) + channel;
    const end = out + all;
    const rowEnd = r0 + rowBytes;
    let x = zero, y = zero, z = zero;
    if (!padded) {
      x = load<i8>(r0), y = load<i8>(r1), z = load<i8>(r2);
      r0 += pixel, r1 += pixel, r2 += pixel;
    }
    do {
      let sum = x * w00 + y * w10 + z * w20;
      x = y = z = zero;
      if (r0 < rowEnd) {
        x = load<i8>(r0), y = load<i8>(r1), z = load<i8>(r2);
        r0 += pixel, r1 += pixel, r2 += pixel;
      }
      sum += x * w01 + y * w11 + z * w21;
      x = y = z = zero;
      if (r0 < rowEnd) {
        x = load<i8>(r0), y = load<i8>(r1), z = load<i8>(r2);
        r0 += pixel, r1 += pixel, r2 += pixel;
      }
      sum += x * w02 + y * w12 + z * w22;
      store<u8>(out, fast(sum, multiplier, addend, shift, low, high));
      out += outPixel;
    } while (out != end);
  }
}

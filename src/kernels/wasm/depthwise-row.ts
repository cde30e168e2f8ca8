// Depthwise convolution, 3x3 with stride 1 or 2, of a single output row: there are no second and third row to share a word
// with, so weights and inputs meet in plain i32. Walking along the row, a column serves up to three neighbouring outputs,
// whose sums travel in locals. A column of a channel is read before the output that it completes is written, further left or
// in the same column: the output row may stand exactly where one of the input rows stands.
import * as L from '../../program/layout';
import { recordsAt, TAPS, weightsAt } from './depthwise';
import { LANE_MASK, LANE_OFFSET } from './lanes';
import { loadRecords, RECORD_ADDEND, RECORD_BYTES, RECORD_MULTIPLIER, RECORD_SHIFT } from './requantize';
import { firstRow, inputPixel, inputRow, outputRow, read, signed16, word16, word32 } from './step';

/** The task's only output row. */
export function depthwiseRow(): void {
  const top = firstRow() * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
  memory.fill(word32(L.S_WINDOW), <u8>signed16(L.S_IN_ZERO_POINT), word16(L.S_IN_WIDTH) * inputPixel());
  const r0 = inputOrPadding(top), r1 = inputOrPadding(top + 1), r2 = inputOrPadding(top + 2);
  const out = outputRow(firstRow());
  let channel = 0;
  do {
    let record = recordsAt();
    let weights = weightsAt();
    const end = channel + loadRecords(record, weights, channel);
    read(weights, word32(L.S_WEIGHTS) + channel * TAPS, (end - channel) * TAPS);
    do {
      row(r0 + channel, r1 + channel, r2 + channel, out + channel, record, weights);
      record += RECORD_BYTES;
      weights += TAPS;
    } while (++channel != end);
  } while (channel != word16(L.S_OUT_CHANNELS));
}

function inputOrPadding(y: i32): i32 {
  return <u32>y < <u32>word16(L.S_IN_HEIGHT) ? inputRow(y) : word32(L.S_WINDOW);
}

/** One channel of the output row, from three input rows. */
function row(r0: i32, r1: i32, r2: i32, out: i32, record: i32, weights: i32): void {
  const wz = signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = <i32>load<i8>(weights) - wz, w01 = <i32>load<i8>(weights, 1) - wz, w02 = <i32>load<i8>(weights, 2) - wz;
  const w10 = <i32>load<i8>(weights, 3) - wz, w11 = <i32>load<i8>(weights, 4) - wz, w12 = <i32>load<i8>(weights, 5) - wz;
  const w20 = <i32>load<i8>(weights, 6) - wz, w21 = <i32>load<i8>(weights, 7) - wz, w22 = <i32>load<i8>(weights, 8) - wz;
  const shift: i64 = load<u32>(record, RECORD_SHIFT);
  const multiplier = <i64>load<i32>(record, RECORD_MULTIPLIER) << shift;
  const range = <i32>(shift >>> 6);
  const addend = load<i64>(record, RECORD_ADDEND) - <i64>range * multiplier;
  const start = <i32>((load<i64>(record) & LANE_MASK) - LANE_OFFSET);
  const zero = signed16(L.S_IN_ZERO_POINT);
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const rowEnd = r0 + word16(L.S_IN_WIDTH) * pixel;
  const outEnd = out + word16(L.S_OUT_WIDTH) * outPixel;
  const padded = word16(L.S_PAD_LEFT);
  // Stride 2: even columns of the padded input end one output and begin the next.
  const twice = word16(L.S_STRIDE_W) - 1;
  let odd = twice & padded;
  // Columns that complete no output.
  let lead = 2 - twice - padded;
  // Sums of the output that the next column completes, and, for stride 1, of the one after it.
  let later = start + padded * zero * (w00 + w10 + w20);
  let next = later;
  do {
    let x = zero, y = zero, z = zero;
    if (r0 < rowEnd) {
      x = load<i8>(r0);
      y = load<i8>(r1);
      z = load<i8>(r2);
      r0 += pixel;
      r1 += pixel;
      r2 += pixel;
    }
    if (odd) {
      next = x * w01 + next + y * w11 + z * w21;
      odd = 0;
      continue;
    }
    let sum = x * w02 + next + y * w12 + z * w22;
    if (!twice) next = x * w01 + later + y * w11 + z * w21;
    later = x * w00 + start + y * w10 + z * w20;
    if (twice) {
      next = later;
      odd = 1;
    }
    if (lead) {
      lead--;
      continue;
    }
    sum = sum > range ? range : sum;
    sum = sum < 0 ? 0 : sum;
    store<u8>(out, (<i64>sum * multiplier + addend) >>> 56);
    out += outPixel;
  } while (out != outEnd);
}

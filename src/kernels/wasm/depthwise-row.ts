// Depthwise convolution, 3x3 with stride 1 or 2, of a single output row: there are no second and third row to share a word
// with, so weights and inputs meet in plain i32. Walking along the row, a column serves up to three neighbouring outputs,
// whose sums travel in locals. A column of a channel is read before the output that it completes is written, further left or
// in the same column: the output row may stand exactly where one of the input rows stands.
import * as L from '../../format/layout';
import { addendOf, fast, multiplierOf, RECORD_BYTES, shiftOf } from './requantize';
import { inputPixel, inputRow, outputRow, signed16, word16 } from './step';

const TAPS = 9;
/** The lane's offset: the fast requantisation takes it out again. */
const START: i32 = 1 << 20;

/** n channels from `channel` on of output row y. `padding`: room for an input row of zero points. */
export function rowChannels(y: i32, channel: i32, n: i32, record: i32, weights: i32, padding: i32): void {
  const top = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
  memory.fill(padding, <u8>signed16(L.S_IN_ZERO_POINT), word16(L.S_IN_WIDTH) * inputPixel());
  const r0 = inside(top) ? inputRow(top) : padding;
  const r1 = inside(top + 1) ? inputRow(top + 1) : padding;
  const r2 = inside(top + 2) ? inputRow(top + 2) : padding;
  const out = outputRow(y);
  const one = word16(L.S_STRIDE_H) == 1;
  for (const end = channel + n; channel < end; channel++) {
    if (one) stride1(r0 + channel, r1 + channel, r2 + channel, out + channel, record, weights);
    else stride2(r0 + channel, r1 + channel, r2 + channel, out + channel, record, weights);
    record += RECORD_BYTES;
    weights += TAPS;
  }
}

function inside(y: i32): bool {
  return <u32>y < <u32>word16(L.S_IN_HEIGHT);
}

function stride1(r0: i32, r1: i32, r2: i32, out: i32, record: i32, weights: i32): void {
  const wz = signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = <i32>load<i8>(weights) - wz, w01 = <i32>load<i8>(weights, 1) - wz, w02 = <i32>load<i8>(weights, 2) - wz;
  const w10 = <i32>load<i8>(weights, 3) - wz, w11 = <i32>load<i8>(weights, 4) - wz, w12 = <i32>load<i8>(weights, 5) - wz;
  const w20 = <i32>load<i8>(weights, 6) - wz, w21 = <i32>load<i8>(weights, 7) - wz, w22 = <i32>load<i8>(weights, 8) - wz;
  const multiplier = multiplierOf(record), addend = addendOf(record), shift = shiftOf(record);
  const low = <i64>signed16(L.S_CLAMP_LOW), high = <i64>signed16(L.S_CLAMP_HIGH);
  const zero = signed16(L.S_IN_ZERO_POINT);
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const rowEnd = r0 + word16(L.S_IN_WIDTH) * pixel;
  const outEnd = out + word16(L.S_OUT_WIDTH) * outPixel;
  // Sums of the output that the next column completes, and of the one after it.
  let a = START;
  let b = START;
  let lead = 2;
  if (word16(L.S_PAD_LEFT)) {
    b += zero * (w00 + w10 + w20);
    lead = 1;
  }
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
    a = x * w01 + b + y * w11 + z * w21;
    b = x * w00 + START + y * w10 + z * w20;
  } while (--lead);
  // Columns that complete an output, as far as there are any.
  const inner = min(rowEnd, r0 + word16(L.S_OUT_WIDTH) * pixel);
  if (r0 < inner) {
    do {
      const x: i32 = load<i8>(r0), y: i32 = load<i8>(r1), z: i32 = load<i8>(r2);
      r0 += pixel;
      r1 += pixel;
      r2 += pixel;
      const sum = x * w02 + a + y * w12 + z * w22;
      a = x * w01 + b + y * w11 + z * w21;
      b = x * w00 + START + y * w10 + z * w20;
      store<u8>(out, fast(<i64>sum, multiplier, addend, shift, low, high));
      out += outPixel;
    } while (r0 != inner);
  }
  while (out != outEnd) {
    store<u8>(out, fast(<i64>(a + zero * (w02 + w12 + w22)), multiplier, addend, shift, low, high));
    a = b + zero * (w01 + w11 + w21);
    b = START + zero * (w00 + w10 + w20);
    out += outPixel;
  }
}

function stride2(r0: i32, r1: i32, r2: i32, out: i32, record: i32, weights: i32): void {
  const wz = signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = <i32>load<i8>(weights) - wz, w01 = <i32>load<i8>(weights, 1) - wz, w02 = <i32>load<i8>(weights, 2) - wz;
  const w10 = <i32>load<i8>(weights, 3) - wz, w11 = <i32>load<i8>(weights, 4) - wz, w12 = <i32>load<i8>(weights, 5) - wz;
  const w20 = <i32>load<i8>(weights, 6) - wz, w21 = <i32>load<i8>(weights, 7) - wz, w22 = <i32>load<i8>(weights, 8) - wz;
  const multiplier = multiplierOf(record), addend = addendOf(record), shift = shiftOf(record);
  const low = <i64>signed16(L.S_CLAMP_LOW), high = <i64>signed16(L.S_CLAMP_HIGH);
  const zero = signed16(L.S_IN_ZERO_POINT);
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const rowEnd = r0 + word16(L.S_IN_WIDTH) * pixel;
  const outEnd = out + word16(L.S_OUT_WIDTH) * outPixel;
  // The left column of the first window.
  let sum = zero * (w00 + w10 + w20) + START;
  if (!word16(L.S_PAD_LEFT)) {
    sum = <i32>load<i8>(r0) * w00 + START + <i32>load<i8>(r1) * w10 + <i32>load<i8>(r2) * w20;
    r0 += pixel;
    r1 += pixel;
    r2 += pixel;
  }
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
    sum = x * w01 + sum + y * w11 + z * w21;
    x = y = z = zero;
    if (r0 < rowEnd) {
      x = load<i8>(r0);
      y = load<i8>(r1);
      z = load<i8>(r2);
      r0 += pixel;
      r1 += pixel;
      r2 += pixel;
    }
    sum = x * w02 + sum + y * w12 + z * w22;
    store<u8>(out, fast(<i64>sum, multiplier, addend, shift, low, high));
    sum = x * w00 + START + y * w10 + z * w20;
    out += outPixel;
  } while (out != outEnd);
}

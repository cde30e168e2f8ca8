// Depthwise convolution. Weights stand in the blob as [output channels][kernelH * kernelW].
//
// 3x3 with stride 1 or 2: three output rows at a time. Each input column gives three words, one per kernel row, whose
// lanes belong to the three output rows (lanes.ts); a word times a weight is one tap of all three. Walking along the
// row, a column serves up to three neighbouring outputs, whose sums travel in locals:
//
//   stride 1, input rows r0..r4:     words (r0 r1 r2) (r1 r2 r3) (r2 r3 r4)
//   stride 2, input rows r0..r6:     words (r0 r2 r4) (r1 r3 r5) (r2 r4 r6)
//
// Nine taps of |w| <= 255 (legacy uint8 weights less their zero point) reach 9 * 255 * 128 = 293,760 < 2^20.
import * as L from '../../format/layout';
import { LANE_MASK, LANE_OFFSET, LANE_OFFSETS } from './lanes';
import { addends, multipliers, prepareFast, readTable, requantize, shifts, TABLE_BYTES_PER_CHANNEL } from './requantize';
import { signed16, inputPixel, inputRow, outputRow, read, scratch, word16, word32 } from './step';

const TAPS = 9;

// Scratch: table, weights, a row of zero points. src/plan/scratch.ts adds up the same terms.
// @ts-ignore: decorator
@inline function tableAt(): i32 { return scratch(); }
// @ts-ignore: decorator
@inline function weightsAt(): i32 { return tableAt() + word16(L.S_OUT_CHUNK) * TABLE_BYTES_PER_CHANNEL; }

/** Output rows [first, first + rows). */
export function depthwise(first: i32, rows: i32): void {
  const channels = word16(L.S_OUT_CHANNELS);
  const chunk = word16(L.S_OUT_CHUNK);
  const taps = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W);
  const lanes = hasLanes();
  for (let channel = 0; channel < channels; channel += chunk) {
    const n = min(chunk, channels - channel);
    readTable(tableAt(), channel, n);
    read(weightsAt(), word32(L.S_WEIGHTS) + channel * taps, n * taps);
    if (lanes) {
      prepareFast(tableAt(), n, LANE_OFFSET);
      for (let y = first; y < first + rows; y += 3) threeRows(y, min(3, first + rows - y), channel, n);
    } else {
      for (let y = first; y < first + rows; y++) plainRow(y, channel, n);
    }
  }
}

function hasLanes(): bool {
  return (
    word16(L.S_KERNEL_H) == 3 &&
    word16(L.S_KERNEL_W) == 3 &&
    word16(L.S_STRIDE_H) == word16(L.S_STRIDE_W) &&
    word16(L.S_STRIDE_H) <= 2 &&
    word16(L.S_PAD_LEFT) <= 1 &&
    word16(L.S_DEPTH_MULTIPLIER) == 1 &&
    (word16(L.S_FLAGS) & L.STEP_GENERAL_REQUANTIZE) == 0
  );
}

/** Input row y, or the row of zero points where y is padding. */
function paddedRow(y: i32, padding: i32): i32 {
  return <u32>y < <u32>word16(L.S_IN_HEIGHT) ? inputRow(y) : padding;
}

/** n channels of `rows` <= 3 output rows from y on. */
function threeRows(y: i32, rows: i32, channel: i32, n: i32): void {
  const padding = weightsAt() + word16(L.S_OUT_CHUNK) * TAPS;
  const stride = word16(L.S_STRIDE_H);
  const top = y * stride - word16(L.S_PAD_TOP);
  if (top < 0 || top + stride * 2 + 3 > word16(L.S_IN_HEIGHT)) {
    memory.fill(padding, <u8>signed16(L.S_IN_ZERO_POINT), word16(L.S_IN_WIDTH) * inputPixel());
  }
  // Rows that the block does not have are computed from whatever stands there, and stored where the next store
  // writes over them.
  const last = top + (rows - 1) * stride + 2;
  const r0 = paddedRow(top, padding) + channel;
  const r1 = paddedRow(top + 1, padding) + channel;
  const r2 = paddedRow(top + 2, padding) + channel;
  const r3 = paddedRow(min(top + 3, last), padding) + channel;
  const r4 = paddedRow(min(top + 4, last), padding) + channel;
  const o0 = outputRow(y) + channel;
  const o1 = rows > 1 ? outputRow(y + 1) + channel : o0;
  const o2 = rows > 2 ? outputRow(y + 2) + channel : o0;
  if (stride == 1) {
    for (let i = 0; i < n; i++) channelStride1(i, n, r0 + i, r1 + i, r2 + i, r3 + i, r4 + i, o0 + i, o1 + i, o2 + i);
  } else {
    const r5 = paddedRow(min(top + 5, last), padding) + channel;
    const r6 = paddedRow(min(top + 6, last), padding) + channel;
    for (let i = 0; i < n; i++) {
      channelStride2(i, n, r0 + i, r1 + i, r2 + i, r3 + i, r4 + i, r5 + i, r6 + i, o0 + i, o1 + i, o2 + i);
    }
  }
}

/** Weight of a tap less the weights' zero point. */
// @ts-ignore: decorator
@inline function tap(weights: i32, index: i32, zeroPoint: i64): i64 { return <i64>load<i8>(weights + index) - zeroPoint; }

// @ts-ignore: decorator
@inline function quantized(lane: i64, multiplier: i64, addend: i64, shift: i64, low: i64, high: i64): i64 {
  let v = (lane * multiplier + addend) >> shift;
  v = v > high ? high : v;
  return v < low ? low : v;
}

function channelStride1(
  i: i32, n: i32, r0: i32, r1: i32, r2: i32, r3: i32, r4: i32, o0: i32, o1: i32, o2: i32,
): void {
  const weights = weightsAt() + i * TAPS;
  const wz = <i64>signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = tap(weights, 0, wz), w01 = tap(weights, 1, wz), w02 = tap(weights, 2, wz);
  const w10 = tap(weights, 3, wz), w11 = tap(weights, 4, wz), w12 = tap(weights, 5, wz);
  const w20 = tap(weights, 6, wz), w21 = tap(weights, 7, wz), w22 = tap(weights, 8, wz);
  const table = tableAt();
  const multiplier: i64 = load<i32>(multipliers(table, n) + 4 * i);
  const addend = load<i64>(addends(table, n) + 8 * i);
  const shift: i64 = load<u8>(shifts(table, n) + i);
  const low = <i64>signed16(L.S_CLAMP_LOW), high = <i64>signed16(L.S_CLAMP_HIGH);
  const zeros = <i64>signed16(L.S_IN_ZERO_POINT) * (1 + (1 << 21) + (<i64>1 << 42));
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const inWidth = word16(L.S_IN_WIDTH);
  // Column x completes output x - lag.
  const lag = 2 - word16(L.S_PAD_LEFT);
  const columns = word16(L.S_OUT_WIDTH) + lag;
  let s0 = LANE_OFFSETS;
  let s1 = LANE_OFFSETS;
  if (lag == 1) s1 += zeros * (w00 + w10 + w20);
  let at = 0;
  let out = 0;
  for (let x = 0; x < columns; x++) {
    let a = zeros, b = zeros, c = zeros;
    if (x < inWidth) {
      a = load<i8>(r0 + at);
      b = load<i8>(r1 + at);
      c = load<i8>(r2 + at);
      const d: i64 = load<i8>(r3 + at), e: i64 = load<i8>(r4 + at);
      const bc = b + (c << 21);
      const cd = c + (d << 21);
      a += bc << 21;
      b = bc + (d << 42);
      c = cd + (e << 42);
      at += pixel;
    }
    const sum = s0 + a * w02 + b * w12 + c * w22;
    s0 = s1 + a * w01 + b * w11 + c * w21;
    s1 = LANE_OFFSETS + a * w00 + b * w10 + c * w20;
    if (x >= lag) {
      store<u8>(o2 + out, quantized(sum >>> 42, multiplier, addend, shift, low, high));
      store<u8>(o1 + out, quantized((sum >>> 21) & LANE_MASK, multiplier, addend, shift, low, high));
      store<u8>(o0 + out, quantized(sum & LANE_MASK, multiplier, addend, shift, low, high));
      out += outPixel;
    }
  }
}

function channelStride2(
  i: i32, n: i32, r0: i32, r1: i32, r2: i32, r3: i32, r4: i32, r5: i32, r6: i32, o0: i32, o1: i32, o2: i32,
): void {
  const weights = weightsAt() + i * TAPS;
  const wz = <i64>signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = tap(weights, 0, wz), w01 = tap(weights, 1, wz), w02 = tap(weights, 2, wz);
  const w10 = tap(weights, 3, wz), w11 = tap(weights, 4, wz), w12 = tap(weights, 5, wz);
  const w20 = tap(weights, 6, wz), w21 = tap(weights, 7, wz), w22 = tap(weights, 8, wz);
  const table = tableAt();
  const multiplier: i64 = load<i32>(multipliers(table, n) + 4 * i);
  const addend = load<i64>(addends(table, n) + 8 * i);
  const shift: i64 = load<u8>(shifts(table, n) + i);
  const low = <i64>signed16(L.S_CLAMP_LOW), high = <i64>signed16(L.S_CLAMP_HIGH);
  const zeros = <i64>signed16(L.S_IN_ZERO_POINT) * (1 + (1 << 21) + (<i64>1 << 42));
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const inWidth = word16(L.S_IN_WIDTH);
  const padLeft = word16(L.S_PAD_LEFT);
  const end = 2 * word16(L.S_OUT_WIDTH) + 1 - padLeft;
  let sum = LANE_OFFSETS;
  if (padLeft) sum += zeros * (w00 + w10 + w20);
  let at = 0;
  let out = 0;
  for (let x = 0; x < end; x++) {
    let a = zeros, b = zeros, c = zeros;
    if (x < inWidth) {
      a = load<i8>(r0 + at);
      b = load<i8>(r1 + at);
      c = load<i8>(r2 + at);
      const d: i64 = load<i8>(r3 + at), e: i64 = load<i8>(r4 + at);
      const f: i64 = load<i8>(r5 + at), g: i64 = load<i8>(r6 + at);
      const ce = c + (e << 21);
      a += ce << 21;
      b += (d + (f << 21)) << 21;
      c = ce + (g << 42);
      at += pixel;
    }
    if ((x + padLeft) & 1) {
      sum += a * w01 + b * w11 + c * w21;
    } else {
      sum += a * w02 + b * w12 + c * w22;
      if (x > 0) {
        store<u8>(o2 + out, quantized(sum >>> 42, multiplier, addend, shift, low, high));
        store<u8>(o1 + out, quantized((sum >>> 21) & LANE_MASK, multiplier, addend, shift, low, high));
        store<u8>(o0 + out, quantized(sum & LANE_MASK, multiplier, addend, shift, low, high));
        out += outPixel;
      }
      sum = LANE_OFFSETS + a * w00 + b * w10 + c * w20;
    }
  }
}

/** Any kernel, stride and depth multiplier: n channels of output row y, tap by tap. */
function plainRow(y: i32, channel: i32, n: i32): void {
  const kernelW = word16(L.S_KERNEL_W);
  const taps = word16(L.S_KERNEL_H) * kernelW;
  const wz = signed16(L.S_WEIGHT_ZERO_POINT);
  const zero = signed16(L.S_IN_ZERO_POINT);
  const top = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
  const output = outputRow(y) + channel;
  for (let x = 0; x < word16(L.S_OUT_WIDTH); x++) {
    const left = x * word16(L.S_STRIDE_W) - word16(L.S_PAD_LEFT);
    for (let i = 0; i < n; i++) {
      const source = (channel + i) / word16(L.S_DEPTH_MULTIPLIER);
      let weights = weightsAt() + i * taps;
      let sum = 0;
      for (let ky = top; ky < top + word16(L.S_KERNEL_H); ky++) {
        const inside = <u32>ky < <u32>word16(L.S_IN_HEIGHT);
        const row = inside ? inputRow(ky) + source : 0;
        for (let kx = left; kx < left + kernelW; kx++) {
          const value =
            inside && <u32>kx < <u32>word16(L.S_IN_WIDTH) ? <i32>load<i8>(row + kx * inputPixel()) : zero;
          sum += value * (<i32>load<i8>(weights++) - wz);
        }
      }
      store<u8>(output + x * word16(L.S_OUT_PIXEL_STRIDE) + i, requantize(sum, tableAt(), n, i));
    }
  }
}

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
import { rowChannels } from './depthwise-row';
import { LANE_MASK, LANE_OFFSET, LANE_OFFSETS } from './lanes';
import { addendOf, fast, isGeneral, loadRecords, multiplierOf, RECORD_BYTES, requantize, shiftOf } from './requantize';
import { inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

const TAPS = 9;
/** Output rows that share a word. */
const LANES = 3;
/** Addresses of a block of rows, i32 each: seven input rows, then three output rows. */
const OUTPUT_ROWS = 28;
const BLOCK_BYTES = 40;

// Scratch: records, weights, row addresses of every block, a row of zero points.
// src/plan/scratch.ts adds up the same terms.
// @ts-ignore: decorator
@inline function recordsAt(): i32 { return scratch(); }
// @ts-ignore: decorator
@inline function weightsAt(): i32 { return recordsAt() + word16(L.S_OUT_CHUNK) * RECORD_BYTES; }
// @ts-ignore: decorator
@inline function blocksAt(): i32 { return weightsAt() + word16(L.S_OUT_CHUNK) * TAPS; }

/** Output rows [first, first + rows). */
export function depthwise(first: i32, rows: i32): void {
  const taps = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W);
  const lanes = hasLanes();
  const blocksEnd = lanes && rows > 1 ? findRows(first, rows) : 0;
  for (let channel = 0; channel < word16(L.S_OUT_CHANNELS); channel += word16(L.S_OUT_CHUNK)) {
    const n = min(word16(L.S_OUT_CHUNK), word16(L.S_OUT_CHANNELS) - channel);
    loadRecords(recordsAt(), weightsAt(), channel, n);
    read(weightsAt(), word32(L.S_WEIGHTS) + channel * taps, n * taps);
    if (lanes && rows == 1) rowChannels(first, channel, n, recordsAt(), weightsAt(), blocksAt());
    else if (lanes) channels(channel, n, blocksEnd);
    else for (let y = first; y < first + rows; y++) plainRow(y, channel, n);
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
    !isGeneral()
  );
}

/** Writes down where the rows of every block of three output rows stand. Returns the end of the list. */
function findRows(first: i32, rows: i32): i32 {
  const stride = word16(L.S_STRIDE_H);
  const end = first + rows;
  let block = blocksAt();
  const padding = block + ((rows + LANES - 1) / LANES) * BLOCK_BYTES;
  memory.fill(padding, <u8>signed16(L.S_IN_ZERO_POINT), word16(L.S_IN_WIDTH) * inputPixel());
  for (let y = first; y < end; y += LANES) {
    const top = y * stride - word16(L.S_PAD_TOP);
    for (let i = 0; i < 7; i++) {
      // Rows that a short block does not have are computed from padding ...
      const inside = <u32>(top + i) < <u32>word16(L.S_IN_HEIGHT);
      store<i32>(block + 4 * i, inside ? inputRow(top + i) : padding);
    }
    for (let i = 0; i < LANES; i++) {
      // ... and stored where the block's first row will be written over them.
      store<i32>(block + OUTPUT_ROWS + 4 * i, outputRow(y + i < end ? y + i : y));
    }
    block += BLOCK_BYTES;
  }
  return block;
}

function channels(channel: i32, n: i32, blocksEnd: i32): void {
  const stride = word16(L.S_STRIDE_H);
  let record = recordsAt();
  let weights = weightsAt();
  for (let c = channel; c < channel + n; c++) {
    if (stride == 1) channelStride1(c, weights, record, blocksEnd);
    else channelStride2(c, weights, record, blocksEnd);
    record += RECORD_BYTES;
    weights += TAPS;
  }
}

/** One channel of all blocks; c is its place in a pixel. */
function channelStride1(c: i32, weights: i32, record: i32, blocksEnd: i32): void {
  const wz = <i64>signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = <i64>load<i8>(weights) - wz, w01 = <i64>load<i8>(weights, 1) - wz, w02 = <i64>load<i8>(weights, 2) - wz;
  const w10 = <i64>load<i8>(weights, 3) - wz, w11 = <i64>load<i8>(weights, 4) - wz, w12 = <i64>load<i8>(weights, 5) - wz;
  const w20 = <i64>load<i8>(weights, 6) - wz, w21 = <i64>load<i8>(weights, 7) - wz, w22 = <i64>load<i8>(weights, 8) - wz;
  const multiplier = multiplierOf(record), addend = addendOf(record), shift = shiftOf(record);
  const low = <i64>signed16(L.S_CLAMP_LOW), high = <i64>signed16(L.S_CLAMP_HIGH);
  const zeros = <i64>signed16(L.S_IN_ZERO_POINT) * (1 + (1 << 21) + (<i64>1 << 42));
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const rowEnd = c + word16(L.S_IN_WIDTH) * pixel;
  const outEnd = c + word16(L.S_OUT_WIDTH) * outPixel;
  for (let block = blocksAt(); block < blocksEnd; block += BLOCK_BYTES) {
    const r0 = load<i32>(block), r1 = load<i32>(block, 4), r2 = load<i32>(block, 8);
    const r3 = load<i32>(block, 12), r4 = load<i32>(block, 16);
    const o0 = load<i32>(block, OUTPUT_ROWS), o1 = load<i32>(block, OUTPUT_ROWS + 4), o2 = load<i32>(block, OUTPUT_ROWS + 8);
    let s0 = LANE_OFFSETS;
    let s1 = LANE_OFFSETS;
    // A column completes the output that its window ends at: the first one or two do not complete any.
    let out = c - 2 * outPixel;
    if (word16(L.S_PAD_LEFT)) {
      s1 += zeros * (w00 + w10 + w20);
      out += outPixel;
    }
    let at = c;
    do {
      let x = zeros, y = zeros, z = zeros;
      if (at < rowEnd) {
        const b: i64 = load<i8>(r1 + at), d: i64 = load<i8>(r3 + at);
        z = load<i8>(r2 + at);
        y = b + (z << 21);
        x = <i64>load<i8>(r0 + at) + (y << 21);
        y += d << 42;
        z += (d + (<i64>load<i8>(r4 + at) << 21)) << 21;
        at += pixel;
      }
      const sum = x * w02 + s0 + y * w12 + z * w22;
      s0 = x * w01 + s1 + y * w11 + z * w21;
      s1 = x * w00 + LANE_OFFSETS + y * w10 + z * w20;
      if (out >= c) {
        store<u8>(o2 + out, fast(sum >>> 42, multiplier, addend, shift, low, high));
        store<u8>(o1 + out, fast((sum >>> 21) & LANE_MASK, multiplier, addend, shift, low, high));
        store<u8>(o0 + out, fast(sum & LANE_MASK, multiplier, addend, shift, low, high));
      }
      out += outPixel;
    } while (out != outEnd);
  }
}

/** The same for stride 2: even columns of the padded input end one output and begin the next. */
function channelStride2(c: i32, weights: i32, record: i32, blocksEnd: i32): void {
  const wz = <i64>signed16(L.S_WEIGHT_ZERO_POINT);
  const w00 = <i64>load<i8>(weights) - wz, w01 = <i64>load<i8>(weights, 1) - wz, w02 = <i64>load<i8>(weights, 2) - wz;
  const w10 = <i64>load<i8>(weights, 3) - wz, w11 = <i64>load<i8>(weights, 4) - wz, w12 = <i64>load<i8>(weights, 5) - wz;
  const w20 = <i64>load<i8>(weights, 6) - wz, w21 = <i64>load<i8>(weights, 7) - wz, w22 = <i64>load<i8>(weights, 8) - wz;
  const multiplier = multiplierOf(record), addend = addendOf(record), shift = shiftOf(record);
  const low = <i64>signed16(L.S_CLAMP_LOW), high = <i64>signed16(L.S_CLAMP_HIGH);
  const zeros = <i64>signed16(L.S_IN_ZERO_POINT) * (1 + (1 << 21) + (<i64>1 << 42));
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const rowEnd = c + word16(L.S_IN_WIDTH) * pixel;
  const outEnd = c + word16(L.S_OUT_WIDTH) * outPixel;
  for (let block = blocksAt(); block < blocksEnd; block += BLOCK_BYTES) {
    const r0 = load<i32>(block), r1 = load<i32>(block, 4), r2 = load<i32>(block, 8), r3 = load<i32>(block, 12);
    const r4 = load<i32>(block, 16), r5 = load<i32>(block, 20), r6 = load<i32>(block, 24);
    const o0 = load<i32>(block, OUTPUT_ROWS), o1 = load<i32>(block, OUTPUT_ROWS + 4), o2 = load<i32>(block, OUTPUT_ROWS + 8);
    let odd = word16(L.S_PAD_LEFT);
    let sum = LANE_OFFSETS;
    let out = c - outPixel;
    if (odd) {
      sum += zeros * (w00 + w10 + w20);
      out = c;
    }
    let at = c;
    do {
      let x = zeros, y = zeros, z = zeros;
      if (at < rowEnd) {
        z = <i64>load<i8>(r2 + at) + (<i64>load<i8>(r4 + at) << 21);
        x = <i64>load<i8>(r0 + at) + (z << 21);
        y = <i64>load<i8>(r1 + at) + ((<i64>load<i8>(r3 + at) + (<i64>load<i8>(r5 + at) << 21)) << 21);
        z += <i64>load<i8>(r6 + at) << 42;
        at += pixel;
      }
      if (odd) {
        sum = x * w01 + sum + y * w11 + z * w21;
        odd = 0;
      } else {
        sum = x * w02 + sum + y * w12 + z * w22;
        if (out >= c) {
          store<u8>(o2 + out, fast(sum >>> 42, multiplier, addend, shift, low, high));
          store<u8>(o1 + out, fast((sum >>> 21) & LANE_MASK, multiplier, addend, shift, low, high));
          store<u8>(o0 + out, fast(sum & LANE_MASK, multiplier, addend, shift, low, high));
        }
        sum = x * w00 + LANE_OFFSETS + y * w10 + z * w20;
        out += outPixel;
        odd = 1;
      }
    } while (out != outEnd);
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
  const general = isGeneral();
  const low = <i64>signed16(L.S_CLAMP_LOW), high = <i64>signed16(L.S_CLAMP_HIGH);
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
      const to = output + x * word16(L.S_OUT_PIXEL_STRIDE) + i;
      const record = recordsAt() + i * RECORD_BYTES;
      const lane = <i64>sum + LANE_OFFSET;
      if (general) store<u8>(to, requantize(sum, record));
      else store<u8>(to, fast(lane, multiplierOf(record), addendOf(record), shiftOf(record), low, high));
    }
  }
}

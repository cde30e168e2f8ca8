// Depthwise convolution. Weights stand in the blob as [output channels][kernelH * kernelW].
//
// 3x3 with stride 1 or 2: three output rows at a time, or one alone, in a kernel of its own (depthwise-row.ts). Each input column gives three words, one per kernel row, whose
// lanes belong to the three output rows (lanes.ts); a word times a weight is one tap of all three. Walking along the
// row, a column serves up to three neighbouring outputs, whose sums travel in locals:
//
//   stride 1, input rows r0..r4:     words (r0 r1 r2) (r1 r2 r3) (r2 r3 r4)
//   stride 2, input rows r0..r6:     words (r0 r2 r4) (r1 r3 r5) (r2 r4 r6)
//
// Nine taps of |w| <= 255 (legacy uint8 weights less their zero point) reach 9 * 255 * 128 = 293,760 < 2^20.
import * as L from '../../program/layout';
import { LANE_MASK, LANE_OFFSETS, left, ONES } from './lanes';
import { loadRecords, RECORD_ADDEND, RECORD_BYTES, RECORD_MULTIPLIER, RECORD_SHIFT, requantize } from './requantize';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

export const TAPS = 9;
/** Output rows that share a word. */
export const LANES = 3;
/** Addresses of a block of rows, i32 each: seven input rows, then three output rows. */
export const OUTPUT_ROWS = 28;
export const BLOCK_BYTES = 40;

// Scratch: three columns of records, weights, a row of zero points (S_WINDOW), row addresses of every block (S_BLOCKS).
// @ts-ignore: decorator
@inline export function recordsAt(): i32 { return scratch(); }
// @ts-ignore: decorator
@inline export function weightsAt(): i32 { return scratch() + 3 * L.SCRATCH_COLUMN; }

/** The task's output rows. */
export function depthwise(): void {
  const end = word16(L.S_FLAGS) & L.STEP_COLUMNS ? findRows() : 0;
  let channel = 0;
  do {
    const n = loadRecords(recordsAt(), weightsAt(), channel);
    const taps = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W);
    read(weightsAt(), word32(L.S_WEIGHTS) + channel * taps, n * taps);
    if (end) columns(channel, n, end);
    else plain(channel, n);
    channel += n;
  } while (channel != word16(L.S_OUT_CHANNELS));
}

/** Writes down where the rows of every block of three output rows stand. Returns the end of the list. */
export function findRows(): i32 {
  memory.fill(word32(L.S_WINDOW), <u8>signed16(L.S_IN_ZERO_POINT), word16(L.S_IN_WIDTH) * inputPixel());
  let block = word32(L.S_BLOCKS);
  let y = firstRow();
  do {
    // Rows that a short block does not have are computed from padding ...
    let row = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
    const outputs = block + OUTPUT_ROWS;
    do {
      store<i32>(block, <u32>row < <u32>word16(L.S_IN_HEIGHT) ? inputRow(row) : word32(L.S_WINDOW));
      row++;
      block += 4;
    } while (block != outputs);
    // ... and stored where the block's first row will be written over them.
    const first = y;
    do {
      store<i32>(block, outputRow(y < endRow() ? y : first));
      y++;
      block += 4;
    } while (block != outputs + 4 * LANES);
  } while (y < endRow());
  return block;
}

/**
 * n channels of all blocks. Columns are walked in up to three phases, so that the inner loop asks for nothing but their end:
 *   - the first ones, which complete no output (not where with padding and stride 2 the first column is an odd one);
 *   - the others of the input: from here on a column, or every second one, completes an output;
 *   - columns of padding, while an output still lacks one: the row pointers are turned to padding.
 */
function columns(channel: i32, n: i32, blocksEnd: i32): void {
  const wz = <i64>signed16(L.S_WEIGHT_ZERO_POINT);
  const pixel = inputPixel(), outPixel = word16(L.S_OUT_PIXEL_STRIDE);
  const rowEnd = word16(L.S_IN_WIDTH) * pixel;
  const outBytes = word16(L.S_OUT_WIDTH) * outPixel;
  const padded = word16(L.S_PAD_LEFT);
  const zeros = padded ? <i64>signed16(L.S_IN_ZERO_POINT) * (1 + (1 << 21) + (<i64>1 << 42)) : 0;
  const padding = word32(L.S_WINDOW);
  // Stride 2: even columns of the padded input end one output and begin the next.
  const twice = word16(L.S_STRIDE_W) - 1;
  const lead = (2 - twice - padded) * pixel;
  let record = recordsAt();
  let weights = weightsAt();
  const end = channel + n;
  do {
    const w00 = <i64>load<i8>(weights) - wz, w01 = <i64>load<i8>(weights, 1) - wz, w02 = <i64>load<i8>(weights, 2) - wz;
    const w10 = <i64>load<i8>(weights, 3) - wz, w11 = <i64>load<i8>(weights, 4) - wz, w12 = <i64>load<i8>(weights, 5) - wz;
    const w20 = <i64>load<i8>(weights, 6) - wz, w21 = <i64>load<i8>(weights, 7) - wz, w22 = <i64>load<i8>(weights, 8) - wz;
    const shift: i64 = load<u32>(record, RECORD_SHIFT);
    const multiplier = <i64>load<i32>(record, RECORD_MULTIPLIER) << shift;
    const ranges = (shift >>> 6) * ONES + LANE_OFFSETS;
    const addend = load<i64>(record, RECORD_ADDEND);
    const begin = load<i64>(record);
    const start = begin + zeros * (w00 + w10 + w20);
    let block = word32(L.S_BLOCKS);
    do {
      let r0 = load<i32>(block) + channel, r1 = load<i32>(block, 4) + channel, r2 = load<i32>(block, 8) + channel, r3 = load<i32>(block, 12) + channel;
      let r4 = load<i32>(block, 16) + channel, r5 = load<i32>(block, 20) + channel, r6 = load<i32>(block, 24) + channel;
      let o0 = load<i32>(block, OUTPUT_ROWS) + channel, o1 = load<i32>(block, OUTPUT_ROWS + 4) + channel;
      let o2 = load<i32>(block, OUTPUT_ROWS + 8) + channel;
      const last = o0 + outBytes;
      let s0 = start;
      let s1 = start;
      let odd = padded;
      let at = 0;
      let whole = twice & padded;
      let stop = whole ? rowEnd : lead;
      for (;;) {
        do {
          let sum: i64;
          const b: i64 = load<i8>(r2 + at);
          if (twice) {
            const t = (<i64>load<i8>(r4 + at) << 21) + b;
            const x = (t << 21) + <i64>load<i8>(r0 + at);
            const y = (((<i64>load<i8>(r5 + at) << 21) + <i64>load<i8>(r3 + at)) << 21) + <i64>load<i8>(r1 + at);
            const z = (<i64>load<i8>(r6 + at) << 42) + t;
            if (odd) {
              s0 = x * w01 + s0 + y * w11 + z * w21;
              odd = 0;
              at += pixel;
              continue;
            }
            sum = x * w02 + s0 + y * w12 + z * w22;
            s0 = x * w00 + begin + y * w10 + z * w20;
            odd = 1;
          } else {
            const d: i64 = load<i8>(r3 + at);
            const t = (b << 21) + <i64>load<i8>(r1 + at);
            const x = (t << 21) + <i64>load<i8>(r0 + at);
            const y = (d << 42) + t;
            const z = (((<i64>load<i8>(r4 + at) << 21) + d) << 21) + b;
            sum = x * w02 + s0 + y * w12 + z * w22;
            s0 = x * w01 + s1 + y * w11 + z * w21;
            s1 = x * w00 + begin + y * w10 + z * w20;
          }
          if (whole) {
            sum = left(sum, ranges);
            store<u8>(o2, (addend - (sum >>> 42) * multiplier) >>> 56);
            store<u8>(o1, (addend - ((sum >>> 21) & LANE_MASK) * multiplier) >>> 56);
            store<u8>(o0, (addend - (sum & LANE_MASK) * multiplier) >>> 56);
            o2 += outPixel;
            o1 += outPixel;
            o0 += outPixel;
          }
          at += pixel;
        } while (at != stop);
        if (o0 == last) break;
        whole = 1;
        if (stop < rowEnd) {
          stop = rowEnd;
        } else {
          r0 = r1 = r2 = r3 = r4 = r5 = r6 = padding - at;
          stop += pixel;
        }
      }
      block += BLOCK_BYTES;
    } while (block != blocksEnd);
    weights += TAPS;
    record += RECORD_BYTES;
  } while (++channel != end);
}

/** Any kernel, stride and depth multiplier, tap by tap. */
export function plain(channel: i32, n: i32): void {
  for (let y = firstRow(); y < endRow(); y++) plainRow(y, channel, n);
}

/** n channels of output row y. */
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
      store<u8>(output + x * word16(L.S_OUT_PIXEL_STRIDE) + i, requantize(sum, recordsAt() + i * RECORD_BYTES));
    }
  }
}

// Two operands, value by value: sums, products, the greater and the less (KIND_BINARY). src/kernels/reference/binary.ts is the
// readable form. A value is read before its place is written, so the output may stand where an operand of its size does.
import * as L from '../../program/layout';
import { scaled } from './elementwise';
import { clamp, multiplyByQuantizedMultiplier } from './requantize';
import { endRow, firstRow, inputRow, outputRow, read, scratch, secondInputRow, signed16, word16, word32 } from './step';

/** Multiplier and shift, i32 each, of both operands and the output; in scratch a constant's row follows them. */
const TABLE_BYTES = 24;

/** The task's output rows. */
export function binary(): void {
  const table = scratch();
  read(table, word32(L.S_TABLE), TABLE_BYTES);
  const flags = word16(L.S_FLAGS);
  const constant = flags & L.BINARY_CONSTANT;
  const bytes = word16(L.S_PAD_LEFT) * word16(L.S_DEPTH_MULTIPLIER);
  for (let y = firstRow(); y < endRow(); y++) {
    const row = word16(L.S_PAD_TOP) > 1 ? y : 0;
    let second = table + TABLE_BYTES;
    if (constant) read(second, word32(L.S_WEIGHTS) + row * bytes, bytes);
    else second = secondInputRow(row);
    const from = inputRow(y), to = outputRow(y);
    if (flags & L.BINARY_SUM) sums(from, second, to);
    else if (flags & L.BINARY_PRODUCT) products(from, second, to);
    else extremes(from, second, to);
  }
}

/** From one pixel, and one channel, of the second operand to the next. */
// @ts-ignore: decorator
@inline function secondPixel(): i32 { return word16(L.S_PAD_LEFT) > 1 ? word16(L.S_DEPTH_MULTIPLIER) : 0; }
// @ts-ignore: decorator
@inline function secondChannel(): i32 { return i32(word16(L.S_DEPTH_MULTIPLIER) > 1); }

function sums(from: i32, second: i32, to: i32): void {
  const table = scratch();
  const pixel = secondPixel(), channel = secondChannel();
  const sign1 = 1 - ((word16(L.S_FLAGS) & L.BINARY_FIRST) >> 8), sign2 = 1 - ((word16(L.S_FLAGS) & L.BINARY_SECOND) >> 7);
  for (const end = to + word16(L.S_OUT_WIDTH) * word16(L.S_OUT_PIXEL_STRIDE); to != end; to += word16(L.S_OUT_PIXEL_STRIDE)) {
    let at = second;
    for (let c = 0; c < word16(L.S_OUT_CHANNELS); c++) {
      const sum =
        scaled(<i32>load<i8>(from++) - signed16(L.S_IN_ZERO_POINT), table) * sign1 +
        scaled(<i32>load<i8>(at) - signed16(L.S_WEIGHT_ZERO_POINT), table + 8) * sign2;
      const value = multiplyByQuantizedMultiplier(sum, load<i32>(table, 16), load<i32>(table, 20));
      store<u8>(to + c, clamp(value + signed16(L.S_OUT_ZERO_POINT)));
      at += channel;
    }
    second += pixel;
  }
}

function products(from: i32, second: i32, to: i32): void {
  const table = scratch();
  const pixel = secondPixel(), channel = secondChannel();
  const prelu = word16(L.S_FLAGS) & L.BINARY_SECOND;
  for (const end = to + word16(L.S_OUT_WIDTH) * word16(L.S_OUT_PIXEL_STRIDE); to != end; to += word16(L.S_OUT_PIXEL_STRIDE)) {
    let at = second;
    for (let c = 0; c < word16(L.S_OUT_CHANNELS); c++) {
      let value = <i32>load<i8>(from++) - signed16(L.S_IN_ZERO_POINT);
      let by = table;
      if (!prelu || value < 0) {
        value *= <i32>load<i8>(at) - signed16(L.S_WEIGHT_ZERO_POINT);
        by += 16;
      }
      value = multiplyByQuantizedMultiplier(value, load<i32>(by), load<i32>(by, 4));
      store<u8>(to + c, clamp(value + signed16(L.S_OUT_ZERO_POINT)));
      at += channel;
    }
    second += pixel;
  }
}

function extremes(from: i32, second: i32, to: i32): void {
  const pixel = secondPixel(), channel = secondChannel();
  const least = word16(L.S_FLAGS) & L.BINARY_SECOND;
  for (const end = to + word16(L.S_OUT_WIDTH) * word16(L.S_OUT_PIXEL_STRIDE); to != end; to += word16(L.S_OUT_PIXEL_STRIDE)) {
    let at = second;
    for (let c = 0; c < word16(L.S_OUT_CHANNELS); c++) {
      const a: i32 = load<i8>(from++), b: i32 = load<i8>(at);
      store<u8>(to + c, a > b == !least ? a : b);
      at += channel;
    }
    second += pixel;
  }
}

// Byte by byte: tables of 256, uint8 <-> int8, padding, addition.
import * as L from '../../program/layout';
import { clamp, multiplyByQuantizedMultiplier } from './requantize';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, secondInputRow, signed16, word16, word32 } from './step';

/** The task's output rows, each byte through the table of the blob, indexed by the byte as uint8. */
export function lookUp(): void {
  const table = scratch();
  read(table, word32(L.S_TABLE), 256);
  const channels = word16(L.S_IN_CHANNELS);
  const skip = word16(L.S_OUT_PIXEL_STRIDE) - channels;
  for (let y = firstRow(); y < endRow(); y++) {
    let from = inputRow(y);
    let to = outputRow(y);
    const end = from + word16(L.S_IN_WIDTH) * channels;
    while (from < end) {
      const pixelEnd = from + channels;
      while (from < pixelEnd) store<u8>(to++, load<u8>(table + <i32>load<u8>(from++)));
      to += skip;
    }
  }
}

/** The task's output rows, the top bit of each byte flipped: v - 128 or v + 128. */
export function flip(): void {
  for (let y = firstRow(); y < endRow(); y++) {
    let from = inputRow(y);
    let to = outputRow(y);
    const end = from + word16(L.S_IN_WIDTH) * inputPixel();
    for (; from + 8 <= end; from += 8, to += 8) store<i64>(to, load<i64>(from, 0, 1) ^ 0x8080808080808080, 0, 1);
    while (from < end) store<u8>(to++, load<u8>(from++) ^ 0x80);
  }
}

/** Padding: the task's output rows, the zero point around the input. */
export function pad(): void {
  const bytes = word16(L.S_OUT_WIDTH) * word16(L.S_OUT_CHANNELS);
  for (let y = firstRow(); y < endRow(); y++) {
    const to = outputRow(y);
    const from = y - word16(L.S_PAD_TOP);
    memory.fill(to, <u8>signed16(L.S_OUT_ZERO_POINT), bytes);
    if (<u32>from < <u32>word16(L.S_IN_HEIGHT)) {
      memory.copy(to + word16(L.S_PAD_LEFT) * inputPixel(), inputRow(from), word16(L.S_IN_WIDTH) * inputPixel());
    }
  }
}

/**
 * A sum: both inputs are brought to a common scale with 20 bits of headroom, added and requantised
 * (TFLite, kernels/internal/reference/add.h). Table: multiplier and shift of input 1, input 2, output, i32 each.
 */
export function add(): void {
  const table = scratch();
  read(table, word32(L.S_TABLE), 24);
  const bytes = word16(L.S_OUT_WIDTH) * word16(L.S_OUT_CHANNELS);
  for (let y = firstRow(); y < endRow(); y++) {
    const a = inputRow(y);
    const b = secondInputRow(y);
    const to = outputRow(y);
    for (let i = 0; i < bytes; i++) {
      const sum =
        scaled(<i32>load<i8>(a + i) - signed16(L.S_IN_ZERO_POINT), table) +
        scaled(<i32>load<i8>(b + i) - signed16(L.S_IN2_ZERO_POINT), table + 8);
      const value = multiplyByQuantizedMultiplier(sum, load<i32>(table, 16), load<i32>(table, 20));
      store<u8>(to + i, clamp(value + signed16(L.S_OUT_ZERO_POINT)));
    }
  }
}

/** A value brought to the common scale of a sum. */
export function scaled(value: i32, parameters: i32): i32 {
  return multiplyByQuantizedMultiplier(value << 20, load<i32>(parameters), load<i32>(parameters, 4));
}

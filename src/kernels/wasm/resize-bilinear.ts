// An output pixel from the four input pixels around its place: src/kernels/reference/resize-bilinear.ts.
import * as L from '../../program/layout';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, word16, word32 } from './step';

/** 1/1024 pixel, and the half of its square. */
const UNIT = 1024;
const HALF = 1 << 19;

/** The task's output rows. Table, i32 each: distance of output rows and place of the first, then of columns. */
export function resizeBilinear(): void {
  const table = scratch();
  read(table, word32(L.S_TABLE), 16);
  const pixel = inputPixel();
  const height = word16(L.S_IN_HEIGHT);
  const width = word16(L.S_IN_WIDTH);
  for (let y = firstRow(); y < endRow(); y++) {
    const row = y * load<i32>(table) + load<i32>(table, 4);
    const above = inside(row >> 10, height);
    const top = inputRow(above);
    const bottom = inputRow(inside((row + UNIT - 1) >> 10, height));
    let to = outputRow(y);
    for (let x = 0; x < word16(L.S_OUT_WIDTH); x++) {
      const column = x * load<i32>(table, 8) + load<i32>(table, 12);
      const left = inside(column >> 10, width);
      const right = inside((column + UNIT - 1) >> 10, width) * pixel;
      blend(top + left * pixel, top + right, bottom + left * pixel, bottom + right, row - above * UNIT, column - left * UNIT, to);
      to += word16(L.S_OUT_PIXEL_STRIDE);
    }
  }
}

function inside(at: i32, length: i32): i32 {
  return max(0, min(at, length - 1));
}

/** One pixel from four, `down` and `right` 1/1024 pixel from the first. */
function blend(a: i32, b: i32, c: i32, d: i32, down: i32, right: i32, to: i32): void {
  const up = (load<i32>(L.STATE_FLAGS) & L.FLAG_SINGLE_ROUNDING) | (word16(L.S_FLAGS) & L.STEP_UNSIGNED_ROUNDING);
  for (const end = to + inputPixel(); to < end; to++) {
    const top = <i32>load<i8>(a++) * (UNIT - right) + <i32>load<i8>(b++) * right;
    const bottom = <i32>load<i8>(c++) * (UNIT - right) + <i32>load<i8>(d++) * right;
    const sum = top * (UNIT - down) + bottom * down;
    // Halves away from zero, or up.
    store<u8>(to, sum > 0 || up ? (sum + HALF) >> 20 : -((HALF - sum) >> 20));
  }
}

// Rows, pixels and channels of the input by lists of indices: slices, paddings, mirrors, nearest neighbours.
import * as L from '../../program/layout';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

/** The task's output rows. Scratch: the input pixel of each output pixel, u16, then the runs of a pixel (KIND_GATHER). */
export function gather(): void {
  const columns = scratch();
  const runs = columns + 2 * word16(L.S_OUT_WIDTH);
  const end = runs + 4 * word16(L.S_OUT_CHUNK);
  const table = word32(L.S_TABLE);
  read(columns, table + 2 * word16(L.S_OUT_HEIGHT), end - columns);
  for (let y = firstRow(); y < endRow(); y++) {
    read(L.STATE_ROW, table + 2 * y, 2);
    const row: i32 = load<u16>(L.STATE_ROW);
    let from = 0;
    if (row != L.NOTHING) from = inputRow(row);
    let to = outputRow(y);
    for (let at = columns; at < runs; at += 2) {
      const column: i32 = load<u16>(at);
      let bytes = to;
      for (let run = runs; run < end; run += 4) {
        const channel: i32 = load<u16>(run), count: i32 = load<u16>(run, 2);
        if (row == L.NOTHING || column == L.NOTHING || channel == L.NOTHING) {
          memory.fill(bytes, <u8>signed16(L.S_CLAMP_LOW), count);
        } else {
          memory.copy(bytes, from + column * inputPixel() + channel, count);
        }
        bytes += count;
      }
      to += word16(L.S_OUT_PIXEL_STRIDE);
    }
  }
}

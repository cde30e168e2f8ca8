// The input's bytes in another order. Output bytes are counted by loops, the last of which runs fastest (KIND_PERMUTE).
import * as L from '../../program/layout';
import { endRow, firstRow, inputRow, outputRow, read, scratch, word16, word32 } from './step';

/** Fields of a loop in the table: count, input rows, input bytes. */
const ROWS = 4;
const BYTES = 8;
const LOOP_BYTES = 12;

/** The task's output rows. Scratch: the table, then how far each loop is, i32. */
export function permute(): void {
  const loops = scratch();
  const digits = loops + LOOP_BYTES * word16(L.S_OUT_CHUNK);
  read(loops, word32(L.S_TABLE), digits - loops);
  for (let y = firstRow(); y < endRow(); y++) permuteRow(y, loops, digits);
}

function permuteRow(y: i32, loops: i32, digits: i32): void {
  // Where the row begins: input row, byte of it, and how far the loops are there.
  let row = 0, byte = 0;
  let position = y * word16(L.S_OUT_WIDTH) * word16(L.S_OUT_CHANNELS);
  const innermost = digits - LOOP_BYTES;
  const lastPlace = digits + 4 * word16(L.S_OUT_CHUNK) - 4;
  let place = lastPlace;
  for (let loop = innermost; loop >= loops; loop -= LOOP_BYTES) {
    const done = position % load<i32>(loop);
    position /= load<i32>(loop);
    store<i32>(place, done);
    place -= 4;
    row += done * load<i32>(loop, ROWS);
    byte += done * load<i32>(loop, BYTES);
  }
  const count = load<i32>(innermost), rows = load<i32>(innermost, ROWS), bytes = load<i32>(innermost, BYTES);
  let done = load<i32>(lastPlace);
  let to = outputRow(y);
  for (const end = to + word16(L.S_OUT_WIDTH) * word16(L.S_OUT_PIXEL_STRIDE); to != end; to += word16(L.S_OUT_PIXEL_STRIDE)) {
    let at = to;
    const stop = to + word16(L.S_OUT_CHANNELS);
    do {
      const n = min(stop - at, count - done);
      const last = at + n;
      done += n;
      if (rows) {
        do {
          store<u8>(at, load<u8>(inputRow(row) + byte));
          row += rows;
          byte += bytes;
        } while (++at != last);
      } else {
        let from = inputRow(row) + byte;
        byte += n * bytes;
        if (bytes == 1) {
          memory.copy(at, from, n);
          at = last;
        } else {
          do {
            store<u8>(at, load<u8>(from));
            from += bytes;
          } while (++at != last);
        }
      }
      if (done == count) {
        done = 0;
        row -= count * rows;
        byte -= count * bytes;
        // The next loop goes on, or begins anew and leaves it to the one around it.
        let outer = lastPlace;
        for (let loop = innermost - LOOP_BYTES; loop >= loops; loop -= LOOP_BYTES) {
          outer -= 4;
          const next = load<i32>(outer) + 1;
          row += load<i32>(loop, ROWS);
          byte += load<i32>(loop, BYTES);
          if (next != load<i32>(loop)) {
            store<i32>(outer, next);
            break;
          }
          store<i32>(outer, 0);
          row -= next * load<i32>(loop, ROWS);
          byte -= next * load<i32>(loop, BYTES);
        }
      }
    } while (at != stop);
  }
}

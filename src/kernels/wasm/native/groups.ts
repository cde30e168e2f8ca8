// Groups of a dozen output pixels: where their windows stand, and where their outputs go.
import * as L from '../../../program/layout';
import { locate } from '../conv';
import { GROUP_PIXELS } from '../lanes';
import { outputRow, scratch, word16, word32 } from '../step';

// Byte offsets in scratch. Four tables of the group's pixels, i32 each:
/** where their windows stand, in the input or copied out of it, */
export const PIXELS = L.SCRATCH_PIXELS;
/** where the values of the current part of K stand, */
export const SOURCES = 48;
/** what their sums begin with, */
export const STARTS = 96;
/** and where their outputs go, less the channel; two more. */
export const OUTPUTS = 144;

/** Writes down where the windows of all of the group's pixels stand. */
export function locateInputs(pixel: i32, pixels: i32): void {
  const step = locate(pixel, pixels);
  if (step == 0) return;
  let table = scratch() + PIXELS;
  const end = table + 4 * (GROUP_PIXELS - 1);
  for (; table != end; table += 4) store<i32>(table, load<i32>(table) + step, 4);
}

/** Writes down where the outputs of the group's pixels go. */
export function locateOutputs(pixel: i32, pixels: i32): void {
  const run = word32(L.S_RUN_PIXELS);
  const stride = word16(L.S_OUT_PIXEL_STRIDE);
  let table = scratch() + OUTPUTS;
  let y = pixel / run;
  let x = pixel - y * run;
  do {
    const count = min(pixels, run - x);
    let to = outputRow(y) + x * stride;
    const end = table + 4 * count;
    do {
      store<i32>(table, to);
      to += stride;
      table += 4;
    } while (table != end);
    pixels -= count;
    x = 0;
    y++;
  } while (pixels);
  // Where the last block has fewer pixels they are the last one again, with the same bytes.
  const last = load<i32>(table - 4);
  store<i32>(table, last);
  store<i32>(table, last, 4);
}

/**
 * Copies bytes to [at, stop): the first `left` of them from `from` on, then runs of `run` bytes, with `skip` others in between.
 */
// @ts-ignore: decorator
@inline export function copyRuns(from: i32, at: i32, stop: i32, left: i32, run: i32, skip: i32): void {
  for (;;) {
    const rowEnd = min(stop, at + left);
    do store<u8>(at, load<u8>(from++));
    while (++at != rowEnd);
    if (at == stop) break;
    from += skip;
    left = run;
  }
}

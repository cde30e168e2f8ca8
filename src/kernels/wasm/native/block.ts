// Three pixels times four outputs in twelve sums: seven loads for twelve products.
//
// Sums stand in scratch as [outputs][12 pixels], weights as [ceil(K / 8)][n outputs][8].
import * as L from '../../../program/layout';
import { GROUP_PIXELS, K_BLOCK } from '../lanes';
import { RECORD_BYTES } from '../requantize';
import { signed16 } from '../step';
import { requantizeThree } from './requantize';

/** Pixels and outputs of a block. */
export const BLOCK_PIXELS = 3;
export const BLOCK_OUTPUTS = 4;

/**
 * Sums of all pixels of the group and n outputs over the next `width` values of K. The pixels' values stand from the addresses
 * in `table` on, `offset` bytes further. Sums begin with those in `starts`, one for each pixel, and where `add` is not 0 with
 * what is there already.
 *
 * Where `record` is not 0 they are complete: blocks of four outputs are requantised and stored from `channel` on of the pixels at
 * the addresses in `places`. What is left of n stays as sums.
 */
export function multiply(table: i32, offset: i32, starts: i32, sums: i32, weights: i32, n: i32, width: i32, pixels: i32, add: i32, record: i32, places: i32, channel: i32): void {
  const next = n * K_BLOCK;
  const tableEnd = table + 4 * pixels;
  const wholes = width & -K_BLOCK;
  const low = signed16(L.S_CLAMP_LOW), high = signed16(L.S_CLAMP_HIGH);
  do {
    let at = sums;
    let outputs = weights;
    let left = record ? n : 0;
    let entry = record;
    let to = channel;
    const outputsEnd = weights + next;
    do {
      let p = load<i32>(table) + offset, q = load<i32>(table, 4) + offset, r = load<i32>(table, 8) + offset;
      let a0 = load<i32>(starts), a1 = a0, a2 = a0, a3 = a0;
      let b0 = load<i32>(starts, 4), b1 = b0, b2 = b0, b3 = b0;
      let c0 = load<i32>(starts, 8), c1 = c0, c2 = c0, c3 = c0;
      if (add) {
        a0 += load<i32>(at), b0 += load<i32>(at, 4), c0 += load<i32>(at, 8);
        a1 += load<i32>(at, 48), b1 += load<i32>(at, 52), c1 += load<i32>(at, 56);
        a2 += load<i32>(at, 96), b2 += load<i32>(at, 100), c2 += load<i32>(at, 104);
        a3 += load<i32>(at, 144), b3 += load<i32>(at, 148), c3 += load<i32>(at, 152);
      }
      let w = outputs;
      let x: i32, y: i32, z: i32, v: i32;
      const end = p + wholes;
      while (p != end) {
        x = load<i8>(p), y = load<i8>(q), z = load<i8>(r);
        v = load<i8>(w), a0 += x * v, b0 += y * v, c0 += z * v;
        v = load<i8>(w, 8), a1 += x * v, b1 += y * v, c1 += z * v;
        v = load<i8>(w, 16), a2 += x * v, b2 += y * v, c2 += z * v;
        v = load<i8>(w, 24), a3 += x * v, b3 += y * v, c3 += z * v;
        x = load<i8>(p, 1), y = load<i8>(q, 1), z = load<i8>(r, 1);
        v = load<i8>(w, 1), a0 += x * v, b0 += y * v, c0 += z * v;
        v = load<i8>(w, 9), a1 += x * v, b1 += y * v, c1 += z * v;
        v = load<i8>(w, 17), a2 += x * v, b2 += y * v, c2 += z * v;
        v = load<i8>(w, 25), a3 += x * v, b3 += y * v, c3 += z * v;
        x = load<i8>(p, 2), y = load<i8>(q, 2), z = load<i8>(r, 2);
        v = load<i8>(w, 2), a0 += x * v, b0 += y * v, c0 += z * v;
        v = load<i8>(w, 10), a1 += x * v, b1 += y * v, c1 += z * v;
        v = load<i8>(w, 18), a2 += x * v, b2 += y * v, c2 += z * v;
        v = load<i8>(w, 26), a3 += x * v, b3 += y * v, c3 += z * v;
        x = load<i8>(p, 3), y = load<i8>(q, 3), z = load<i8>(r, 3);
        v = load<i8>(w, 3), a0 += x * v, b0 += y * v, c0 += z * v;
        v = load<i8>(w, 11), a1 += x * v, b1 += y * v, c1 += z * v;
        v = load<i8>(w, 19), a2 += x * v, b2 += y * v, c2 += z * v;
        v = load<i8>(w, 27), a3 += x * v, b3 += y * v, c3 += z * v;
        x = load<i8>(p, 4), y = load<i8>(q, 4), z = load<i8>(r, 4);
        v = load<i8>(w, 4), a0 += x * v, b0 += y * v, c0 += z * v;
        v = load<i8>(w, 12), a1 += x * v, b1 += y * v, c1 += z * v;
        v = load<i8>(w, 20), a2 += x * v, b2 += y * v, c2 += z * v;
        v = load<i8>(w, 28), a3 += x * v, b3 += y * v, c3 += z * v;
        x = load<i8>(p, 5), y = load<i8>(q, 5), z = load<i8>(r, 5);
        v = load<i8>(w, 5), a0 += x * v, b0 += y * v, c0 += z * v;
        v = load<i8>(w, 13), a1 += x * v, b1 += y * v, c1 += z * v;
        v = load<i8>(w, 21), a2 += x * v, b2 += y * v, c2 += z * v;
        v = load<i8>(w, 29), a3 += x * v, b3 += y * v, c3 += z * v;
        x = load<i8>(p, 6), y = load<i8>(q, 6), z = load<i8>(r, 6);
        v = load<i8>(w, 6), a0 += x * v, b0 += y * v, c0 += z * v;
        v = load<i8>(w, 14), a1 += x * v, b1 += y * v, c1 += z * v;
        v = load<i8>(w, 22), a2 += x * v, b2 += y * v, c2 += z * v;
        v = load<i8>(w, 30), a3 += x * v, b3 += y * v, c3 += z * v;
        x = load<i8>(p, 7), y = load<i8>(q, 7), z = load<i8>(r, 7);
        v = load<i8>(w, 7), a0 += x * v, b0 += y * v, c0 += z * v;
        v = load<i8>(w, 15), a1 += x * v, b1 += y * v, c1 += z * v;
        v = load<i8>(w, 23), a2 += x * v, b2 += y * v, c2 += z * v;
        v = load<i8>(w, 31), a3 += x * v, b3 += y * v, c3 += z * v;
        p += K_BLOCK, q += K_BLOCK, r += K_BLOCK;
        w += next;
      }
      const stop = p + width - wholes;
      while (p != stop) {
        x = load<i8>(p), y = load<i8>(q), z = load<i8>(r);
        v = load<i8>(w), a0 += x * v, b0 += y * v, c0 += z * v;
        v = load<i8>(w, 8), a1 += x * v, b1 += y * v, c1 += z * v;
        v = load<i8>(w, 16), a2 += x * v, b2 += y * v, c2 += z * v;
        v = load<i8>(w, 24), a3 += x * v, b3 += y * v, c3 += z * v;
        p++, q++, r++, w++;
      }
      if (left >= BLOCK_OUTPUTS) {
        const t = load<i32>(places) + to, u = load<i32>(places, 4) + to, v = load<i32>(places, 8) + to;
        requantizeThree(t, u, v, a0, b0, c0, entry, low, high);
        requantizeThree(t + 1, u + 1, v + 1, a1, b1, c1, entry + RECORD_BYTES, low, high);
        requantizeThree(t + 2, u + 2, v + 2, a2, b2, c2, entry + 2 * RECORD_BYTES, low, high);
        requantizeThree(t + 3, u + 3, v + 3, a3, b3, c3, entry + 3 * RECORD_BYTES, low, high);
        left -= BLOCK_OUTPUTS;
        entry += BLOCK_OUTPUTS * RECORD_BYTES;
        to += BLOCK_OUTPUTS;
      } else {
        store<i32>(at, a0), store<i32>(at, b0, 4), store<i32>(at, c0, 8);
        store<i32>(at, a1, 48), store<i32>(at, b1, 52), store<i32>(at, c1, 56);
        store<i32>(at, a2, 96), store<i32>(at, b2, 100), store<i32>(at, c2, 104);
        store<i32>(at, a3, 144), store<i32>(at, b3, 148), store<i32>(at, c3, 152);
      }
      at += 4 * GROUP_PIXELS * BLOCK_OUTPUTS;
      outputs += BLOCK_OUTPUTS * K_BLOCK;
    } while (outputs < outputsEnd);
    table += 4 * BLOCK_PIXELS;
    starts += 4 * BLOCK_PIXELS;
    sums += 4 * BLOCK_PIXELS;
    places += 4 * BLOCK_PIXELS;
  } while (table < tableEnd);
}

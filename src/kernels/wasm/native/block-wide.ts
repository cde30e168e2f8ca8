// Two pixels times four outputs, for machines that multiply 32-bit numbers and add the product to one of 64 bits in one
// instruction (Cortex-M4: SMLAL). Two weights share a word, and a sum of 64 bits is those of two outputs:
//
//   word = w0 + w1 * 2^23        two neighbouring outputs, one input value
//   sum += x * word              sum x w0 + (sum x w1) * 2^23
//
// Borrows do no harm, as in ../lanes.ts; at the end the lower sum must lie in [-2^22, 2^22). 256 products of int8 lie in
// [256 * -128 * 127, 256 * 128 * 128] = [-4,161,536, 4,194,304], and OFFSET moves that into the middle.
//
// Weights stand as words, [ceil(K / 8)][pairs of outputs][8]; sums and pixels as in block.ts.
import * as L from '../../../program/layout';
import { GROUP_PIXELS, K_BLOCK } from '../lanes';
import { RECORD_BYTES } from '../requantize';
import { signed16 } from '../step';
import { requantizePair } from './requantize';

/** Whether the machine is such a one. */
// @ts-ignore: decorator
@external('dw', 'wide')
export declare function isWide(): i32;

/** Values of K that the lower sum has room for. */
export const MOST_WIDE = 256;
const SHIFT = 23;
const OFFSET = -16384;

/** Bytes of eight weights of a pair of outputs. */
const PAIR_BYTES = 4 * K_BLOCK;

/**
 * Makes words of the weights of n outputs, an even number, for eight values of K, which stand as [n][8] at `to`; they take
 * twice the room. `spare`: room for 16 bytes.
 */
export function pairWeights(to: i32, n: i32, spare: i32): void {
  const bytes = n * K_BLOCK;
  let from = to + bytes;
  memory.copy(from, to, bytes);
  const end = from + bytes;
  // The last weights lie where the last words go.
  const last = end - PAIR_BYTES;
  memory.copy(spare, from + bytes - 2 * K_BLOCK, 2 * K_BLOCK);
  do {
    if (to == last) from = spare;
    const next = from + K_BLOCK;
    do {
      store<i32>(to, <i32>load<i8>(from) + (<i32>load<i8>(from, K_BLOCK) << SHIFT));
      to += 4;
    } while (++from != next);
    from += K_BLOCK;
  } while (to != end);
}

/** Multiplies as `multiply` of block.ts does, with at most MOST_WIDE values of K. */
export function multiplyWide(table: i32, offset: i32, starts: i32, sums: i32, weights: i32, n: i32, width: i32, pixels: i32, add: i32, record: i32, places: i32, channel: i32): void {
  const next = ((n + 1) >> 1) * PAIR_BYTES;
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
      let p = load<i32>(table) + offset, q = load<i32>(table, 4) + offset;
      let a0: i64 = OFFSET, a1: i64 = OFFSET, b0: i64 = OFFSET, b1: i64 = OFFSET;
      let words = outputs;
      let x: i64, y: i64, w: i64;
      const end = p + wholes;
      while (p != end) {
        x = <i64>load<i8>(p), y = <i64>load<i8>(q);
        w = <i64>load<i32>(words), a0 += x * w, b0 += y * w;
        w = <i64>load<i32>(words, 32), a1 += x * w, b1 += y * w;
        x = <i64>load<i8>(p, 1), y = <i64>load<i8>(q, 1);
        w = <i64>load<i32>(words, 4), a0 += x * w, b0 += y * w;
        w = <i64>load<i32>(words, 36), a1 += x * w, b1 += y * w;
        x = <i64>load<i8>(p, 2), y = <i64>load<i8>(q, 2);
        w = <i64>load<i32>(words, 8), a0 += x * w, b0 += y * w;
        w = <i64>load<i32>(words, 40), a1 += x * w, b1 += y * w;
        x = <i64>load<i8>(p, 3), y = <i64>load<i8>(q, 3);
        w = <i64>load<i32>(words, 12), a0 += x * w, b0 += y * w;
        w = <i64>load<i32>(words, 44), a1 += x * w, b1 += y * w;
        x = <i64>load<i8>(p, 4), y = <i64>load<i8>(q, 4);
        w = <i64>load<i32>(words, 16), a0 += x * w, b0 += y * w;
        w = <i64>load<i32>(words, 48), a1 += x * w, b1 += y * w;
        x = <i64>load<i8>(p, 5), y = <i64>load<i8>(q, 5);
        w = <i64>load<i32>(words, 20), a0 += x * w, b0 += y * w;
        w = <i64>load<i32>(words, 52), a1 += x * w, b1 += y * w;
        x = <i64>load<i8>(p, 6), y = <i64>load<i8>(q, 6);
        w = <i64>load<i32>(words, 24), a0 += x * w, b0 += y * w;
        w = <i64>load<i32>(words, 56), a1 += x * w, b1 += y * w;
        x = <i64>load<i8>(p, 7), y = <i64>load<i8>(q, 7);
        w = <i64>load<i32>(words, 28), a0 += x * w, b0 += y * w;
        w = <i64>load<i32>(words, 60), a1 += x * w, b1 += y * w;
        p += K_BLOCK, q += K_BLOCK;
        words += next;
      }
      const stop = p + width - wholes;
      while (p != stop) {
        x = <i64>load<i8>(p), y = <i64>load<i8>(q);
        w = <i64>load<i32>(words), a0 += x * w, b0 += y * w;
        w = <i64>load<i32>(words, 32), a1 += x * w, b1 += y * w;
        p++, q++, words += 4;
      }
      const s = load<i32>(starts), t = load<i32>(starts, 4);
      let c0 = lower(a0), c1 = lower(a1), d0 = lower(b0), d1 = lower(b1);
      let e0 = upper(a0, c0) + s, e1 = upper(a1, c1) + s, f0 = upper(b0, d0) + t, f1 = upper(b1, d1) + t;
      c0 += s - OFFSET, c1 += s - OFFSET, d0 += t - OFFSET, d1 += t - OFFSET;
      if (add) {
        c0 += load<i32>(at), e0 += load<i32>(at, 48), c1 += load<i32>(at, 96), e1 += load<i32>(at, 144);
        d0 += load<i32>(at, 4), f0 += load<i32>(at, 52), d1 += load<i32>(at, 100), f1 += load<i32>(at, 148);
      }
      if (left >= 4) {
        const u = load<i32>(places) + to, v = load<i32>(places, 4) + to;
        requantizePair(u, v, c0, d0, entry, low, high);
        requantizePair(u + 1, v + 1, e0, f0, entry + RECORD_BYTES, low, high);
        requantizePair(u + 2, v + 2, c1, d1, entry + 2 * RECORD_BYTES, low, high);
        requantizePair(u + 3, v + 3, e1, f1, entry + 3 * RECORD_BYTES, low, high);
        left -= 4;
        entry += 4 * RECORD_BYTES;
        to += 4;
      } else {
        store<i32>(at, c0), store<i32>(at, e0, 48), store<i32>(at, c1, 96), store<i32>(at, e1, 144);
        store<i32>(at, d0, 4), store<i32>(at, f0, 52), store<i32>(at, d1, 100), store<i32>(at, f1, 148);
      }
      at += 4 * 4 * GROUP_PIXELS;
      outputs += 2 * PAIR_BYTES;
    } while (outputs < outputsEnd);
    table += 8;
    starts += 8;
    sums += 8;
    places += 8;
  } while (table < tableEnd);
}

/** The sum of a pair's lower output, less OFFSET. */
// @ts-ignore: decorator
@inline function lower(sum: i64): i32 { return (<i32>sum << (32 - SHIFT)) >> (32 - SHIFT); }

// @ts-ignore: decorator
@inline function upper(sum: i64, lower: i32): i32 { return <i32>((sum - <i64>lower) >> SHIFT); }

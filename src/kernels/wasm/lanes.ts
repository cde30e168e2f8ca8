// Three int8 x int8 sums in one i64. See docs/kernels.md.
//
//   word = x0 + x1 * 2^21 + x2 * 2^42        three neighbouring pixels, one input channel
//   sum += word * w                          one multiply, one add: three multiply-accumulates
//
// The lanes are plain integers added together, so borrows between them are no problem while summing: all that counts
// is that at the end, with LANE_OFFSETS = 2^20 added to each, every lane lies in [0, 2^21), so that shifts and masks take
// it out. That holds for any accumulator in [-2^20, 2^20). 64 products of int8 by |w| <= 127 reach
// 64 * 128 * 127 = 1,040,384 < 2^20; longer sums are used where the compiler proved the bound from the layer's own
// weights (src/lower/lanes.ts), and are otherwise emptied in between (STEP_SPLIT_LANES).
import * as L from '../../program/layout';

export const LANE_OFFSET: i64 = 1 << 20;
/** 1 in each lane. */
export const ONES: i64 = 1 + (1 << 21) + (<i64>1 << 42);
export const LANE_OFFSETS: i64 = LANE_OFFSET * ONES;
export const LANE_MASK: i64 = (1 << 21) - 1;

/** Pixels of a group: four words of three lanes. */
export const GROUP_PIXELS = 12;
/** Pixels whose groups need all four words. */
export const FOUR_WORDS = 10;
/** Input channels that one pass over the outputs works on. */
export const K_BLOCK = 8;
/** Bytes of the four words of one input channel. */
export const GROUP_BYTES = 32;

// Sums of the four words of an output, from the output's weights on.
const SUM0 = L.SCRATCH_SUMS - L.SCRATCH_WEIGHTS;
const SUM1 = SUM0 + L.SCRATCH_COLUMN;
const SUM2 = SUM1 + L.SCRATCH_COLUMN;
const SUM3 = SUM2 + L.SCRATCH_COLUMN;

/** Lanes with offsets, those below their offset set to it, then without offsets: their highest bits say which are. */
// @ts-ignore: decorator
@inline function cutBelow(lanes: i64): i64 {
  return (((lanes & LANE_OFFSETS) >>> 20) * (LANE_OFFSET - 1)) & lanes;
}

/**
 * What is left of `range` over each lane that has grown from its offset: from all of it, if it is below, to 0.
 * 0 <= range < 2^20. ranges: the same with offsets, in each lane.
 */
// @ts-ignore: decorator
@inline export function left(lanes: i64, ranges: i64): i64 { return cutBelow(ranges - cutBelow(lanes)); }

/**
 * For every output at [at, end): sums[j] += sum over k < 8 of words[k][j] * weights[k], j < 4, or j < 3 for short groups.
 * words: 8 x 4 i64, kept in locals. Weights and sums stand in their columns.
 */
export function multiplyAccumulate8(words: i32, at: i32, end: i32, four: i32): void {
  const a0 = load<i64>(words), a1 = load<i64>(words, 8), a2 = load<i64>(words, 16), a3 = load<i64>(words, 24);
  const b0 = load<i64>(words, 32), b1 = load<i64>(words, 40), b2 = load<i64>(words, 48), b3 = load<i64>(words, 56);
  const c0 = load<i64>(words, 64), c1 = load<i64>(words, 72), c2 = load<i64>(words, 80), c3 = load<i64>(words, 88);
  const d0 = load<i64>(words, 96), d1 = load<i64>(words, 104), d2 = load<i64>(words, 112), d3 = load<i64>(words, 120);
  const e0 = load<i64>(words, 128), e1 = load<i64>(words, 136), e2 = load<i64>(words, 144), e3 = load<i64>(words, 152);
  const f0 = load<i64>(words, 160), f1 = load<i64>(words, 168), f2 = load<i64>(words, 176), f3 = load<i64>(words, 184);
  const g0 = load<i64>(words, 192), g1 = load<i64>(words, 200), g2 = load<i64>(words, 208), g3 = load<i64>(words, 216);
  const h0 = load<i64>(words, 224), h1 = load<i64>(words, 232), h2 = load<i64>(words, 240), h3 = load<i64>(words, 248);
  do {
    const a: i64 = load<i8>(at), b: i64 = load<i8>(at, 1), c: i64 = load<i8>(at, 2), d: i64 = load<i8>(at, 3);
    const e: i64 = load<i8>(at, 4), f: i64 = load<i8>(at, 5), g: i64 = load<i8>(at, 6), h: i64 = load<i8>(at, 7);
    store<i64>(at, load<i64>(at, SUM0) + a * a0 + b * b0 + c * c0 + d * d0 + e * e0 + f * f0 + g * g0 + h * h0, SUM0);
    store<i64>(at, load<i64>(at, SUM1) + a * a1 + b * b1 + c * c1 + d * d1 + e * e1 + f * f1 + g * g1 + h * h1, SUM1);
    store<i64>(at, load<i64>(at, SUM2) + a * a2 + b * b2 + c * c2 + d * d2 + e * e2 + f * f2 + g * g2 + h * h2, SUM2);
    if (four) {
      store<i64>(at, load<i64>(at, SUM3) + a * a3 + b * b3 + c * c3 + d * d3 + e * e3 + f * f3 + g * g3 + h * h3, SUM3);
    }
    at += 8;
  } while (at != end);
}

/**
 * The same input channel by input channel, for what is left of K over the blocks of eight. Weights of an output stand
 * together, `width` of them, those of all outputs at [at, end).
 */
export function multiplyAccumulateRest(words: i32, at: i32, end: i32, width: i32): void {
  const stop = at + width;
  do {
    const a0 = load<i64>(words), a1 = load<i64>(words, 8), a2 = load<i64>(words, 16), a3 = load<i64>(words, 24);
    let sums = load<i32>(L.STATE_SCRATCH);
    let weight = at;
    do {
      const a: i64 = load<i8>(weight);
      store<i64>(sums, a * a0 + load<i64>(sums, SUM0 + L.SCRATCH_WEIGHTS), SUM0 + L.SCRATCH_WEIGHTS);
      store<i64>(sums, a * a1 + load<i64>(sums, SUM1 + L.SCRATCH_WEIGHTS), SUM1 + L.SCRATCH_WEIGHTS);
      store<i64>(sums, a * a2 + load<i64>(sums, SUM2 + L.SCRATCH_WEIGHTS), SUM2 + L.SCRATCH_WEIGHTS);
      store<i64>(sums, a * a3 + load<i64>(sums, SUM3 + L.SCRATCH_WEIGHTS), SUM3 + L.SCRATCH_WEIGHTS);
      weight += width;
      sums += 8;
    } while (weight < end);
    words += GROUP_BYTES;
  } while (++at != stop);
}

/**
 * Packs input values [from, from + n) of K of the group's pixels, whose windows stand at the addresses in SCRATCH_PIXELS:
 * words[k][j] = pixel 3j + pixel 3j+1 * 2^21 + pixel 3j+2 * 2^42. A window is runs of S_RUN bytes, S_WINDOW_ROW apart.
 */
export function packPixels(from: i32, n: i32, pixels: i32, step: i32): void {
  const run = load<i32>(L.S_RUN);
  const row = from / run;
  const place = from - row * run;
  const start = row * load<i32>(L.S_WINDOW_ROW) + place;
  const skip = load<i32>(L.S_WINDOW_ROW) - run;
  let table = load<i32>(L.STATE_SCRATCH);
  let words = table + L.SCRATCH_WORDS;
  let next = load<i32>(table) + start;
  do {
    let p0 = next, p1 = p0 + step, p2 = p1 + step;
    next = p2 + step;
    if (step == 0) {
      p0 = load<i32>(table) + start;
      p1 = load<i32>(table, 4) + start;
      p2 = load<i32>(table, 8) + start;
      table += 12;
    }
    let to = words;
    let rest = n;
    let here = run - place;
    for (;;) {
      here = here < rest ? here : rest;
      rest -= here;
      const stop = p0 + here;
      if (here >= 4) {
        const last = stop - 3;
        do {
          store<i64>(to, (((<i64>load<i8>(p2) << 21) + <i64>load<i8>(p1)) << 21) + <i64>load<i8>(p0));
          store<i64>(to, (((<i64>load<i8>(p2, 1) << 21) + <i64>load<i8>(p1, 1)) << 21) + <i64>load<i8>(p0, 1), 32);
          store<i64>(to, (((<i64>load<i8>(p2, 2) << 21) + <i64>load<i8>(p1, 2)) << 21) + <i64>load<i8>(p0, 2), 64);
          store<i64>(to, (((<i64>load<i8>(p2, 3) << 21) + <i64>load<i8>(p1, 3)) << 21) + <i64>load<i8>(p0, 3), 96);
          to += 4 * GROUP_BYTES;
          p1 += 4;
          p2 += 4;
          p0 += 4;
        } while (p0 < last);
      }
      while (p0 != stop) {
        store<i64>(to, (((<i64>load<i8>(p2) << 21) + <i64>load<i8>(p1)) << 21) + <i64>load<i8>(p0));
        to += GROUP_BYTES;
        p0++;
        p1++;
        p2++;
      }
      if (rest == 0) break;
      p0 += skip;
      p1 += skip;
      p2 += skip;
      here = run;
    }
    words += 8;
    pixels -= 3;
  } while (pixels > 0);
}

// Three int8 x int8 sums in one i64. See docs/kernels.md.
//
//   word = x0 + x1 * 2^21 + x2 * 2^42        three neighbouring pixels, one input channel
//   sum += word * w                          one multiply, one add: three multiply-accumulates
//
// The lanes are plain integers added together, so borrows between them are no problem while summing: all that counts
// is that at the end, with LANE_OFFSETS = 2^20 added to each, every lane lies in [0, 2^21), so that shifts and masks take
// it out. That holds for any accumulator in [-2^20, 2^20). 64 products of int8 by |w| <= 127 reach
// 64 * 128 * 127 = 1,040,384 < 2^20; longer sums are used where the compiler proved the bound from the layer's own
// weights (src/compile/lanes.ts), and are otherwise emptied in between (STEP_SPLIT_LANES).

export const LANE_OFFSET: i64 = 1 << 20;
export const LANE_OFFSETS: i64 = (1 << 20) + (<i64>1 << 41) + (<i64>1 << 62);
export const LANE_MASK: i64 = (1 << 21) - 1;

/** Pixels of a group: four words of three lanes. */
export const GROUP_PIXELS = 12;
/** Input channels that one pass over the outputs works on. */
export const K_BLOCK = 8;
/** Bytes of the four words of one input channel, or of one output's sums. */
export const GROUP_BYTES = 32;

/**
 * For every output o in [sums, end): sums[o][j] += sum over k < 8 of words[k][j] * weights[o][k], j < 4.
 * words: 8 x 4 i64, kept in locals. weights: rows of `weightStride` bytes, 8 are read. sums: rows of 4 i64.
 */
export function multiplyAccumulate4(words: i32, weights: i32, weightStride: i32, sums: i32, end: i32): void {
  const a0 = load<i64>(words), a1 = load<i64>(words, 8), a2 = load<i64>(words, 16), a3 = load<i64>(words, 24);
  const b0 = load<i64>(words, 32), b1 = load<i64>(words, 40), b2 = load<i64>(words, 48), b3 = load<i64>(words, 56);
  const c0 = load<i64>(words, 64), c1 = load<i64>(words, 72), c2 = load<i64>(words, 80), c3 = load<i64>(words, 88);
  const d0 = load<i64>(words, 96), d1 = load<i64>(words, 104), d2 = load<i64>(words, 112), d3 = load<i64>(words, 120);
  const e0 = load<i64>(words, 128), e1 = load<i64>(words, 136), e2 = load<i64>(words, 144), e3 = load<i64>(words, 152);
  const f0 = load<i64>(words, 160), f1 = load<i64>(words, 168), f2 = load<i64>(words, 176), f3 = load<i64>(words, 184);
  const g0 = load<i64>(words, 192), g1 = load<i64>(words, 200), g2 = load<i64>(words, 208), g3 = load<i64>(words, 216);
  const h0 = load<i64>(words, 224), h1 = load<i64>(words, 232), h2 = load<i64>(words, 240), h3 = load<i64>(words, 248);
  do {
    const a: i64 = load<i8>(weights), b: i64 = load<i8>(weights, 1);
    const c: i64 = load<i8>(weights, 2), d: i64 = load<i8>(weights, 3);
    const e: i64 = load<i8>(weights, 4), f: i64 = load<i8>(weights, 5);
    const g: i64 = load<i8>(weights, 6), h: i64 = load<i8>(weights, 7);
    store<i64>(sums, load<i64>(sums) + a * a0 + b * b0 + c * c0 + d * d0 + e * e0 + f * f0 + g * g0 + h * h0);
    store<i64>(sums, load<i64>(sums, 8) + a * a1 + b * b1 + c * c1 + d * d1 + e * e1 + f * f1 + g * g1 + h * h1, 8);
    store<i64>(sums, load<i64>(sums, 16) + a * a2 + b * b2 + c * c2 + d * d2 + e * e2 + f * f2 + g * g2 + h * h2, 16);
    store<i64>(sums, load<i64>(sums, 24) + a * a3 + b * b3 + c * c3 + d * d3 + e * e3 + f * f3 + g * g3 + h * h3, 24);
    weights += weightStride;
    sums += GROUP_BYTES;
  } while (sums != end);
}

/** The same for the first three words of each row: groups of at most nine pixels. */
export function multiplyAccumulate3(words: i32, weights: i32, weightStride: i32, sums: i32, end: i32): void {
  const a0 = load<i64>(words), a1 = load<i64>(words, 8), a2 = load<i64>(words, 16);
  const b0 = load<i64>(words, 32), b1 = load<i64>(words, 40), b2 = load<i64>(words, 48);
  const c0 = load<i64>(words, 64), c1 = load<i64>(words, 72), c2 = load<i64>(words, 80);
  const d0 = load<i64>(words, 96), d1 = load<i64>(words, 104), d2 = load<i64>(words, 112);
  const e0 = load<i64>(words, 128), e1 = load<i64>(words, 136), e2 = load<i64>(words, 144);
  const f0 = load<i64>(words, 160), f1 = load<i64>(words, 168), f2 = load<i64>(words, 176);
  const g0 = load<i64>(words, 192), g1 = load<i64>(words, 200), g2 = load<i64>(words, 208);
  const h0 = load<i64>(words, 224), h1 = load<i64>(words, 232), h2 = load<i64>(words, 240);
  do {
    const a: i64 = load<i8>(weights), b: i64 = load<i8>(weights, 1);
    const c: i64 = load<i8>(weights, 2), d: i64 = load<i8>(weights, 3);
    const e: i64 = load<i8>(weights, 4), f: i64 = load<i8>(weights, 5);
    const g: i64 = load<i8>(weights, 6), h: i64 = load<i8>(weights, 7);
    store<i64>(sums, load<i64>(sums) + a * a0 + b * b0 + c * c0 + d * d0 + e * e0 + f * f0 + g * g0 + h * h0);
    store<i64>(sums, load<i64>(sums, 8) + a * a1 + b * b1 + c * c1 + d * d1 + e * e1 + f * f1 + g * g1 + h * h1, 8);
    store<i64>(sums, load<i64>(sums, 16) + a * a2 + b * b2 + c * c2 + d * d2 + e * e2 + f * f2 + g * g2 + h * h2, 16);
    weights += weightStride;
    sums += GROUP_BYTES;
  } while (sums != end);
}

/** One input channel: what is left of K over the blocks of eight. */
export function multiplyAccumulate1(words: i32, weights: i32, weightStride: i32, sums: i32, end: i32): void {
  const a0 = load<i64>(words), a1 = load<i64>(words, 8), a2 = load<i64>(words, 16), a3 = load<i64>(words, 24);
  do {
    const a: i64 = load<i8>(weights);
    store<i64>(sums, load<i64>(sums) + a * a0);
    store<i64>(sums, load<i64>(sums, 8) + a * a1, 8);
    store<i64>(sums, load<i64>(sums, 16) + a * a2, 16);
    store<i64>(sums, load<i64>(sums, 24) + a * a3, 24);
    weights += weightStride;
    sums += GROUP_BYTES;
  } while (sums != end);
}

/**
 * Packs n consecutive input channels of up to twelve pixels, `step` bytes from one to the next, the last one at `last`:
 * words[k][j] = pixel 3j + pixel 3j+1 * 2^21 + pixel 3j+2 * 2^42. Pixels beyond the last one are the last one again.
 */
export function packPixels(words: i32, pixel: i32, step: i32, last: i32, n: i32): void {
  do {
    let to = words;
    let p0 = pixel;
    let p1 = pixel + step;
    p1 = p1 > last ? last : p1;
    let p2 = p1 + step;
    p2 = p2 > last ? last : p2;
    let left = n;
    for (; left >= K_BLOCK; left -= K_BLOCK) {
      store<i64>(to, <i64>load<i8>(p0) + (<i64>load<i8>(p1) << 21) + (<i64>load<i8>(p2) << 42));
      store<i64>(to, <i64>load<i8>(p0, 1) + (<i64>load<i8>(p1, 1) << 21) + (<i64>load<i8>(p2, 1) << 42), 32);
      store<i64>(to, <i64>load<i8>(p0, 2) + (<i64>load<i8>(p1, 2) << 21) + (<i64>load<i8>(p2, 2) << 42), 64);
      store<i64>(to, <i64>load<i8>(p0, 3) + (<i64>load<i8>(p1, 3) << 21) + (<i64>load<i8>(p2, 3) << 42), 96);
      store<i64>(to, <i64>load<i8>(p0, 4) + (<i64>load<i8>(p1, 4) << 21) + (<i64>load<i8>(p2, 4) << 42), 128);
      store<i64>(to, <i64>load<i8>(p0, 5) + (<i64>load<i8>(p1, 5) << 21) + (<i64>load<i8>(p2, 5) << 42), 160);
      store<i64>(to, <i64>load<i8>(p0, 6) + (<i64>load<i8>(p1, 6) << 21) + (<i64>load<i8>(p2, 6) << 42), 192);
      store<i64>(to, <i64>load<i8>(p0, 7) + (<i64>load<i8>(p1, 7) << 21) + (<i64>load<i8>(p2, 7) << 42), 224);
      to += K_BLOCK * GROUP_BYTES;
      p0 += K_BLOCK;
      p1 += K_BLOCK;
      p2 += K_BLOCK;
    }
    for (; left > 0; left--) {
      store<i64>(to, <i64>load<i8>(p0++) + (<i64>load<i8>(p1++) << 21) + (<i64>load<i8>(p2++) << 42));
      to += GROUP_BYTES;
    }
    words += 8;
    pixel += 3 * step;
  } while (pixel <= last);
}

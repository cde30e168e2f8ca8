/**
 * How long a sum may grow in a 21-bit lane. A lane starts at 2^20 and must end in [0, 2^21), so the sum of weight * input
 * over all of K must lie in [-2^20, 2^20) for every int8 input (src/kernels/wasm/lanes.ts). What counts is the end: borrows
 * of partial sums cancel out.
 */

const LIMIT = 2 ** 20;

/** The lowest and the highest sum of weight * input that int8 inputs can make. */
export interface Span {
  lowest: number;
  highest: number;
}

/** Span of the weights less their zero point. */
export function spanOf(weights: Int8Array, zeroPoint: number): Span {
  let highest = 0;
  let lowest = 0;
  for (const weight of weights) {
    const w = weight - zeroPoint;
    highest += w > 0 ? w * 127 : w * -128;
    lowest += w > 0 ? w * -128 : w * 127;
  }
  return { lowest, highest };
}

/**
 * Whether the weights of every output keep its lane in range over K values from `from` to `to`, if it starts at its bias.
 * weights: [outputs][k], zeroPoint is subtracted from each.
 */
export function lanesHold(
  weights: Int8Array,
  k: number,
  from: number,
  to: number,
  zeroPoint: number,
  bias?: readonly number[],
): boolean {
  for (let o = 0; o * k < weights.length; o++) {
    const { lowest, highest } = spanOf(weights.subarray(o * k + from, o * k + to), zeroPoint);
    const start = bias?.[o] ?? 0;
    if (start + highest >= LIMIT || start + lowest < -LIMIT) return false;
  }
  return true;
}

export interface LaneChunks {
  /** K values packed at a time, a multiple of 8. */
  kChunk: number;
  /** K values after which lanes must be emptied, a multiple of kChunk; at least K where they need not. */
  laneK: number;
}

/**
 * The K chunk of a convolution, `most` at most, and how many chunks a lane holds.
 * weights: [outputs][k].
 */
export function chooseLaneChunks(weights: Int8Array, k: number, zeroPoint: number, most: number): LaneChunks {
  const whole = Math.ceil(k / 8) * 8;
  for (let kChunk = Math.min(whole, most); kChunk > 8; kChunk -= 8) {
    for (let laneK = Math.ceil(k / kChunk) * kChunk; laneK > 0; laneK -= kChunk) {
      if (partsHold(weights, k, laneK, zeroPoint)) return { kChunk, laneK };
    }
  }
  // Eight products of 255 * 128 are 261,120.
  return { kChunk: 8, laneK: 8 };
}

function partsHold(weights: Int8Array, k: number, part: number, zeroPoint: number): boolean {
  for (let from = 0; from < k; from += part) {
    if (!lanesHold(weights, k, from, Math.min(k, from + part), zeroPoint)) return false;
  }
  return true;
}

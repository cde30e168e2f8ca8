/** How much of the values seen an activation's int8 map shall hold: everything, or less with a finer step. */
import { affine, type Range } from './affine.js';

export const RANGE_METHODS = ['minmax', 'percentile', 'mse'] as const;
/**
 * minmax: every value seen. percentile: all but a ten-thousandth of them, the outermost. mse: the range with the least
 * mean square of rounding and clipping errors.
 */
export type RangeMethod = (typeof RANGE_METHODS)[number];

const BINS = 2048;
const CLIPPED = 1e-4;
/** Ends tried by `mseRange`, as parts of the lowest and the highest value. */
const SHRUNK = Array.from({ length: 91 }, (_, i) => 1 - i / 100);

/** Counts of values between `range.low` and `range.high`, in bins of the same width. */
export class Histogram {
  readonly counts = new Float64Array(BINS);

  constructor(readonly range: Range) {}

  add(values: Float32Array): void {
    const { low, high } = this.range;
    const perBin = BINS / (high - low);
    for (const value of values) this.counts[Math.min(BINS - 1, Math.floor((value - low) * perBin))]++;
  }

  /** Real value at the middle of a bin. */
  middle(bin: number): number {
    const { low, high } = this.range;
    return low + ((bin + 0.5) * (high - low)) / BINS;
  }
}

/** The range that `method` chooses; 0 is always inside, and nothing beyond the values seen. */
export function chooseRange(histogram: Histogram, method: RangeMethod): Range {
  const { low, high } = histogram.range;
  if (method === 'minmax' || low === high) return histogram.range;
  return method === 'percentile' ? percentileRange(histogram) : mseRange(histogram);
}

/** Leaves out half of CLIPPED at each end, to whole bins, inwards of the quantile's own. */
function percentileRange({ counts, range }: Histogram): Range {
  const width = (range.high - range.low) / BINS;
  const least = (counts.reduce((a, b) => a + b, 0) * CLIPPED) / 2;
  const outer = (bins: Float64Array) => {
    let [left, count] = [0, 0];
    while (count + bins[left] <= least) count += bins[left++];
    return left;
  };
  const high = range.high - outer(counts.slice().reverse()) * width;
  return { low: Math.min(0, range.low + outer(counts) * width), high: Math.max(0, high) };
}

/** Shrinks the high end, then the low one. */
function mseRange(histogram: Histogram): Range {
  const { low, high } = histogram.range;
  const best = (candidates: Range[]) => {
    const errors = candidates.map((range) => squaredError(histogram, range));
    return candidates[errors.indexOf(Math.min(...errors))];
  };
  const upper = best(SHRUNK.map((part) => ({ low, high: high * part })));
  return best(SHRUNK.map((part) => ({ low: low * part, high: upper.high })));
}

/** Sum of squared errors when the values are rounded to the int8 map of `range` and clipped to it. */
export function squaredError(histogram: Histogram, range: Range): number {
  const { scale, zeroPoint } = affine(range);
  const { low, high } = histogram.range;
  // Within its bin a value is anywhere: that adds width^2 / 12 to the square of the error in the middle.
  const within = ((high - low) / BINS) ** 2 / 12;
  let sum = 0;
  histogram.counts.forEach((count, bin) => {
    if (count === 0) return;
    const value = histogram.middle(bin);
    const int8 = Math.max(-128, Math.min(127, Math.round(value / scale) + zeroPoint));
    sum += count * ((value - scale * (int8 - zeroPoint)) ** 2 + within);
  });
  return sum;
}

/**
 * Sum, mean, greatest and least value, and where they stand, over any of height, width and channels:
 *
 *   sum:   out = clamp((sum of in - n * zpIn) * multiplier * 2^(shift - 31) + zpOut), of n values; a mean has 1/n in its factor
 *   most:  out = the greatest value, or the least; input and output are quantised alike
 *   index: out = the first place along the axes, counted row by row, where the greatest value stands, or the least
 *
 * Source: tflite-micro, kernels/internal/reference/{reduce,arg_min_max}.h. Legacy uint8 takes the same path.
 */
import type { Bytes } from './bytes.js';
import type { QuantizedMultiplier, Rounding } from './fixedpoint.js';
import { multiplyByQuantizedMultiplier } from './fixedpoint.js';

/** Lengths of the input, and which of them become 1. */
export interface ReduceShape {
  height: number;
  width: number;
  channels: number;
  overHeight: boolean;
  overWidth: boolean;
  overChannels: boolean;
}

export interface SumParameters extends ReduceShape, QuantizedMultiplier {
  inputZeroPoint: number;
  outputZeroPoint: number;
  clampLow: number;
  clampHigh: number;
}

export function reduceSum(input: Bytes, output: Bytes, p: SumParameters, rounding: Rounding = 'double'): void {
  reduceEach(p, (out, places) => {
    const sum = places.reduce((total, at) => total + input[at] - p.inputZeroPoint, 0);
    const scaled = multiplyByQuantizedMultiplier(sum | 0, p.multiplier, p.shift, rounding);
    output[out] = Math.min(p.clampHigh, Math.max(p.clampLow, scaled + p.outputZeroPoint));
  });
}

export function reduceMost(input: Bytes, output: Bytes, p: ReduceShape, which: 'greatest' | 'least'): void {
  reduceEach(p, (out, places) => {
    output[out] = input[places[indexOfMost(input, places, which)]];
  });
}

export function reduceIndex(input: Bytes, output: Int32Array, p: ReduceShape, which: 'greatest' | 'least'): void {
  reduceEach(p, (out, places) => {
    output[out] = indexOfMost(input, places, which);
  });
}

function indexOfMost(input: Bytes, places: readonly number[], which: 'greatest' | 'least'): number {
  const better = (a: number, b: number) => (which === 'greatest' ? a > b : a < b);
  return places.reduce((best, at, i) => (better(input[at], input[places[best]]) ? i : best), 0);
}

/** Calls `put` for every output value, in order, with the places of the input values that meet in it, in order. */
export function reduceEach(p: ReduceShape, put: (out: number, places: number[]) => void): void {
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  /** Along one axis: of each output place, the input places. */
  const axis = (length: number, over: boolean) => (over ? [range(length)] : range(length).map((i) => [i]));
  let out = 0;
  for (const rows of axis(p.height, p.overHeight)) {
    for (const columns of axis(p.width, p.overWidth)) {
      for (const channels of axis(p.channels, p.overChannels)) {
        const places = rows.flatMap((y) =>
          columns.flatMap((x) => channels.map((c) => (y * p.width + x) * p.channels + c)),
        );
        put(out++, places);
      }
    }
  }
}

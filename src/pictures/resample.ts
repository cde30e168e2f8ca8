/**
 * Planes of 0..255 brought to another size by a triangle filter, in integers: docs/pictures.md. Where an axis shrinks, the
 * triangle reaches from one output pixel to the next, so that every pixel counts; where it grows, that is bilinear
 * interpolation with half-pixel centres. Equal sizes leave every value as it is.
 */
import type { Size } from './fit.js';

/** Input pixels that an output pixel is made of, and how much of each. */
interface Taps {
  indices: number[];
  weights: number[];
  /** Sum of the weights. */
  total: number;
}

/** A weight is at most this, and the weights of an output pixel together are less than that. */
const MOST_WEIGHT = 4096;
const MOST_WEIGHTS = 65536;

/** Sums of 255 times all weights, and of as many fractional bits as there is room for, stay below 2^32. */
const ROOM = 2 ** 24;

/** One axis: the weights are fractions of 2 * the longer side, without their last `bits`. */
interface Axis {
  from: number;
  to: number;
  unit: number;
  bits: number;
  /** More than the weights of any output pixel together. */
  bound: number;
}

function axisOf(from: number, to: number): Axis {
  const unit = 2 * Math.max(from, to);
  const step = Math.ceil(from / to);
  let bits = 0;
  while (unit >> bits > MOST_WEIGHT || (unit >> bits) * (step + 1) > MOST_WEIGHTS) bits++;
  return { from, to, unit, bits, bound: (unit >> bits) * (step + 1) };
}

/** Taps of each output pixel. */
function taps(axis: Axis): Taps[] {
  return Array.from({ length: axis.to }, (_, i) => {
    const pairs = axis.from >= axis.to ? shrinking(axis, i) : growing(axis, i);
    const weights = pairs.map(([, weight]) => weight);
    return { indices: pairs.map(([index]) => index), weights, total: weights.reduce((a, b) => a + b, 0) };
  });
}

type Pair = [index: number, weight: number];

/** Pixel k stands at output pixel ((2k + 1) to - from) / (2 from); it is shared by the outputs before and behind. */
function shrinking({ from, to, unit, bits }: Axis, i: number): Pair[] {
  const pairs: Pair[] = [];
  const first = Math.max(0, Math.floor((unit * (i - 1) + from - to) / (2 * to)));
  for (let k = first; k < from; k++) {
    const distance = (2 * k + 1) * to - from - unit * i;
    if (distance >= unit) break;
    if (distance >= 0) pairs.push([k, (unit >> bits) - (distance >> bits)]);
    else if (distance > -unit) pairs.push([k, (distance + unit) >> bits]);
  }
  return pairs;
}

/** Output pixel i stands at pixel ((2i + 1) from - to) / (2 to), between two; ends are repeated. */
function growing({ from, to, unit, bits }: Axis, i: number): Pair[] {
  const at = (2 * i + 1) * from - to;
  const before = Math.floor(at / unit);
  const weight = (at - before * unit) >> bits;
  return [
    [Math.max(0, before), (unit >> bits) - weight],
    [Math.min(from - 1, before + 1), weight],
  ];
}

/**
 * @param row gives the planes of row y, pixel by pixel.
 * @returns the same of the picture in its new size, row by row.
 */
export function resample(row: (y: number) => Uint8Array, from: Size, to: Size, planes: number): Uint8Array {
  const across = axisOf(from.width, to.width);
  const down = axisOf(from.height, to.height);
  const one = 2 ** Math.floor(Math.log2(ROOM / Math.max(across.bound, down.bound)));
  const columns = taps(across);
  const narrow = Array.from({ length: from.height }, (_, y) => narrowed(row(y), columns, planes, one));
  const rowLength = to.width * planes;
  const result = new Uint8Array(to.height * rowLength);
  for (const [y, { indices, weights, total }] of taps(down).entries()) {
    for (let x = 0; x < rowLength; x++) {
      let sum = 0;
      for (let i = 0; i < indices.length; i++) sum += weights[i] * narrow[indices[i]][x];
      result[y * rowLength + x] = Math.floor((Math.floor(sum / total) + one / 2) / one);
    }
  }
  return result;
}

/** A row as wide as the output, its values times `one`. */
function narrowed(row: Uint8Array, columns: readonly Taps[], planes: number, one: number): Uint32Array {
  const result = new Uint32Array(columns.length * planes);
  for (const [x, { indices, weights, total }] of columns.entries()) {
    for (let c = 0; c < planes; c++) {
      let sum = 0;
      for (let i = 0; i < indices.length; i++) sum += weights[i] * row[indices[i] * planes + c];
      result[x * planes + c] = Math.floor((sum * one + (total >> 1)) / total);
    }
  }
  return result;
}

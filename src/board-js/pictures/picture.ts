/** From a frame to the input, row by row: docs/pictures.md specifies the arithmetic. */
import {
  DTYPE_UINT8,
  H_PORTS_OFFSET,
  P_DTYPE,
  P_PIXEL_MULTIPLIER,
  P_PIXEL_OFFSET,
  P_ROW_BYTES,
  P_SHAPE,
} from '../../program/layout.js';
import { allocate, word } from '../bytes.js';
import { expect, fail } from '../fail.js';
import type { Machine } from '../machine.js';
import { floor, max, min } from '../powers.js';
import { type FrameShape, formatOf, frameRowBytes, planesOf, type Range, rangeOf, unpack } from './frame.js';

/** A direction of the filter. */
interface Axis {
  _range: Range;
  _grows: boolean;
  _unit: number;
  _bits: number;
  _full: number;
  /** More than the weights of any output pixel together. */
  _bound: number;
  /** Where the first pixel is, behind -1. */
  _first: number;
  /** From a pixel to the next. */
  _advance: number;
}

function axisOf(range: Range): Axis {
  const from = range._from;
  const to = range._to;
  const grows = from < to;
  const unit = 2 * max(from, to);
  const step = floor((from + to - 1) / to);
  let bits = 0;
  while (unit >> bits > 4096 || (unit >> bits) * (step + 1) > 65536) bits++;
  return {
    _range: range,
    _grows: grows,
    _unit: unit,
    _bits: bits,
    _full: unit >> bits,
    _bound: (unit >> bits) * (step + 1),
    _first: unit + (grows ? from - to : to - from),
    _advance: 2 * (grows ? from : to),
  };
}

interface Picture {
  _frame: ArrayLike<number>;
  _rowBytes: number;
  _format: number;
  _planes: number;
  _across: Axis;
  _down: Axis;
  /** 2 to the number of fractional bits. */
  _one: number;
  /** Sum of weights of each column. */
  _totals: Float64Array;
  /** Sums of two output rows; or two rows of the frame, where they grow. */
  _sums: Float64Array;
  _next: Float64Array;
  /** One pixel, and what sums up on the way to a column: all pixels, those weighted for it, and for the one before. */
  _pixel: Uint8Array;
  _plain: Float64Array;
  _behind: Float64Array;
  _before: Float64Array;
}

/** Sums of the weights of each column of a picture that does not grow. */
function weigh(axis: Axis, totals: Float64Array): void {
  let at = axis._first;
  let column = -1;
  for (let k = axis._range._from; k--; at += axis._advance) {
    if (at >= axis._unit) {
      at -= axis._unit;
      column++;
    }
    const weight = at >> axis._bits;
    if (column >= 0) totals[column] += axis._full - weight;
    if (column + 1 < totals.length) totals[column + 1] += weight;
  }
}

/** Value c of a column, of the sum of its weighted pixels, to both output rows. */
function addColumn(p: Picture, column: number, c: number, sum: number, before: number, behind: number): void {
  const total = p._totals[column];
  const value = floor((sum * p._one + (total >> 1)) / total);
  const index = column * p._planes + c;
  p._sums[index] += before * value;
  p._next[index] += behind * value;
}

/**
 * A row of the frame that becomes narrower, or stays, at byte `row`: its weights in two output rows. Of the pixels between two
 * columns, their sum and the sum by weights in the second one give what either gets.
 */
function shrinkRow(p: Picture, row: number, before: number, behind: number): void {
  const axis = p._across;
  const planes = p._planes;
  const plain = p._plain;
  const second = p._behind;
  const first = p._before;
  const pixel = p._pixel;
  const left = axis._range._part;
  let at = axis._first;
  let column = -1;
  let c: number;
  for (c = 0; c < planes; c++) plain[c] = second[c] = first[c] = 0;
  for (let k = 0; k <= axis._range._from; k++, at += axis._advance) {
    // Behind the last pixel the last column is done.
    if (at >= axis._unit || k === axis._range._from) {
      at -= axis._unit;
      for (c = 0; c < planes; c++) {
        if (column >= 0) addColumn(p, column, c, first[c] + axis._full * plain[c] - second[c], before, behind);
        first[c] = second[c];
        plain[c] = second[c] = 0;
      }
      column++;
    }
    if (k === axis._range._from) return;
    const weight = at >> axis._bits;
    unpack(p._frame, p._format, planes, row, left + k, pixel);
    for (c = 0; c < planes; c++) {
      plain[c] += pixel[c];
      second[c] += weight * pixel[c];
    }
  }
}

/** A row that becomes wider: columns stand between two pixels. */
function growRow(p: Picture, row: number, before: number, behind: number): void {
  const axis = p._across;
  const planes = p._planes;
  const last = axis._range._from - 1;
  const left = axis._range._part;
  let at = axis._first;
  let k = -1;
  for (let column = 0; column < axis._range._to; column++, at += axis._advance) {
    if (at >= axis._unit) {
      at -= axis._unit;
      k++;
    }
    const weight = at >> axis._bits;
    unpack(p._frame, p._format, planes, row, left + max(k, 0), p._pixel);
    for (let c = 0; c < planes; c++) p._before[c] = p._pixel[c];
    if (k < last) unpack(p._frame, p._format, planes, row, left + k + 1, p._pixel);
    for (let c = 0; c < planes; c++) {
      addColumn(p, column, c, (axis._full - weight) * p._before[c] + weight * p._pixel[c], before, behind);
    }
  }
}

/** Gets ready for frames of a shape. Throws FRAME. */
function openPicture(
  frame: ArrayLike<number>,
  shape: FrameShape,
  height: number,
  width: number,
  channels: number,
): Picture {
  const format = formatOf(shape);
  const planes = planesOf(format, channels);
  if (channels !== 1 && channels !== 3) fail('FRAME', channels);
  const across = axisOf(rangeOf(shape.width, width, shape.height, height, shape));
  const down = axisOf(rangeOf(shape.height, height, shape.width, width, shape));
  const rowBytes = frameRowBytes(format, shape.width);
  expect('LENGTH', (frame || []).length, rowBytes * shape.height);
  const columns = across._range._to;
  const totals = allocate(Float64Array, columns);
  if (across._grows) for (let i = 0; i < columns; i++) totals[i] = across._full;
  else weigh(across, totals);
  let one = 1;
  while (one * 2 * max(across._bound, down._bound) <= 1 << 24) one *= 2;
  return {
    _frame: frame,
    _rowBytes: rowBytes,
    _format: format,
    _planes: planes,
    _across: across,
    _down: down,
    _one: one,
    _totals: totals,
    _sums: allocate(Float64Array, columns * planes),
    _next: allocate(Float64Array, columns * planes),
    _pixel: allocate(Uint8Array, 3),
    _plain: allocate(Float64Array, 3),
    _behind: allocate(Float64Array, 3),
    _before: allocate(Float64Array, 3),
  };
}

/** Row k of the part of the frame enters two output rows. */
function addRow(p: Picture, k: number, before: number, behind: number): void {
  const row = (p._down._range._part + k) * p._rowBytes;
  if (p._across._grows) growRow(p, row, before, behind);
  else shrinkRow(p, row, before, behind);
}

/** The second output row becomes the first, and another one begins. */
function nextLine(p: Picture): void {
  const done = p._sums;
  p._sums = p._next;
  p._next = done;
  for (let i = done.length; i--; ) done[i] = 0;
}

/** Takes an output row: the sums over two rows, weighted, and all of their weights. */
type Finish = (a: Float64Array, weightA: number, b: Float64Array, weightB: number, total: number) => void;

/** The rows of a picture that becomes less high, or stays. */
function shrinkDown(p: Picture, finish: Finish): void {
  const axis = p._down;
  let at = axis._first;
  let total = 0;
  let nextTotal = 0;
  let line = -1;
  for (let k = 0; k <= axis._range._from; k++, at += axis._advance) {
    if (at >= axis._unit || k === axis._range._from) {
      at -= axis._unit;
      if (line++ >= 0) finish(p._sums, 1, p._sums, 0, total);
      nextLine(p);
      total = nextTotal;
      nextTotal = 0;
    }
    if (k === axis._range._from) return;
    const weight = at >> axis._bits;
    addRow(p, k, axis._full - weight, weight);
    total += axis._full - weight;
    nextTotal += weight;
  }
}

/** The rows of a picture that becomes higher: they stand between two of the frame. */
function growDown(p: Picture, finish: Finish): void {
  const axis = p._down;
  const last = axis._range._from - 1;
  let at = axis._first;
  let k = -1;
  nextLine(p);
  addRow(p, 0, 0, 1);
  for (let y = axis._range._to; y--; at += axis._advance) {
    if (at >= axis._unit) {
      at -= axis._unit;
      // Behind the first row, and before the last one.
      if (++k < last) {
        nextLine(p);
        addRow(p, k + 1, 0, 1);
      }
    }
    const weight = at >> axis._bits;
    finish(k >= 0 && k < last ? p._sums : p._next, axis._full - weight, p._next, weight, axis._full);
  }
}

/**
 * Writes the input, or pushes its rows, from a frame.
 * @param input a view of it, where it is resident.
 * @param push takes a row, where it is not.
 * @returns what became of both directions, across and down.
 * @throws Error with code FRAME where there is no such frame, or it is too large, or the model takes no pictures; LENGTH.
 */
export function takeFrame(
  m: Machine,
  frame: ArrayLike<number>,
  shape: FrameShape,
  input: Int8Array | Uint8Array,
  push: (row: ArrayLike<number>) => void,
): Range[] {
  const port = word(m, H_PORTS_OFFSET);
  const height = word(m, port + P_SHAPE + 4);
  const width = word(m, port + P_SHAPE + 8);
  const channels = word(m, port + P_SHAPE + 12);
  const multiplier = word(m, port + P_PIXEL_MULTIPLIER);
  const offset = word(m, port + P_PIXEL_OFFSET);
  const lowest = word(m, port + P_DTYPE) === DTYPE_UINT8 ? 0 : -128;
  const p = openPicture(frame, shape, height, width, channels);
  const across = p._across._range;
  const down = p._down._range;
  const rowBytes = word(m, port + P_ROW_BYTES);
  const row = rowBytes ? allocate(Int8Array, rowBytes) : input;
  let to = 0;
  const write = (value: number, count: number) => {
    const byte = max(lowest, min(lowest + 255, (multiplier * value + offset) >> 16));
    while (count--) row[to++] = byte;
  };
  const endRow = () => {
    if (!rowBytes) return;
    push(row);
    to = 0;
  };
  const bars = (rows: number) => {
    while (rows--) {
      write(0, width * channels);
      endRow();
    }
  };
  bars(down._place);
  (p._down._grows ? growDown : shrinkDown)(p, (a, weightA, b, weightB, total) => {
    write(0, across._place * channels);
    for (let i = 0; i < a.length; i++) {
      const value = floor((weightA * a[i] + weightB * b[i]) / total);
      write(floor((value + p._one / 2) / p._one), channels / p._planes);
    }
    write(0, (width - across._place - across._to) * channels);
    endRow();
  });
  bars(height - down._place - down._to);
  return [across, down];
}

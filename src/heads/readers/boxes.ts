/** Shared by heads with boxes: which comes first, which overlap, and the list of those that are kept. */
import { D_FRACTION, KEPT_BYTES } from '../../program/head-layout.js';
import type { Found, HeadFile, Scratch } from './head-file.js';

const floor = Math.floor;
const min = Math.min;
const max = Math.max;
const WORDS = KEPT_BYTES / 4;

/** Sides have this many bits, and a power of two: areas stay exact in doubles. */
const SIDE_BITS = 25;
const MOST_CENTRE = 1 << 30;
/** A side of an answer is cut to so many sixteenths of a pixel, which no side below 2^this stays under. */
const MOST_SIDE = 1 << 30;
const MOST_EXPONENT = 44;
/** Unions are compared as numbers of at most 28 bits. */
const COMPARED = 1 << 28;

/** Higher scores come first; of equal ones the first box. */
function isBefore(s: Scratch, a: number, b: number): boolean {
  const difference = s._scores[a] - s._scores[b];
  return difference > 0 || (!difference && a < b);
}

/** Puts `box` where entry `at` of a heap of `count` boxes was. */
function sink(s: Scratch, box: number, at: number, count: number): void {
  const heap = s._order;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && isBefore(s, heap[child + 1], heap[child])) child++;
    if (!isBefore(s, heap[child], box)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = box;
}

/** Makes a heap of the first `count` boxes in s._order. */
export function makeHeap(s: Scratch, count: number): void {
  for (let i = count >> 1; i--; ) sink(s, s._order[i], i, count);
}

/** Takes the first box from a heap of `count`. */
export function takeFirst(s: Scratch, count: number): number {
  const first = s._order[0];
  if (count > 1) sink(s, s._order[count - 1], 0, count - 1);
  return first;
}

/** n / 2^bits, rounded down. */
function shifted(n: number, bits: number): number {
  for (; bits > 0 && n; bits--) n = floor(n / 2);
  return n;
}

/** The box behind the `at` that are kept: its centre, in 2^-D_FRACTION pixels. */
export function setCentre(s: Scratch, at: number, y: number, x: number): void {
  s._kept[WORDS * at] = max(min(floor(y), MOST_CENTRE), -MOST_CENTRE);
  s._kept[WORDS * at + 1] = max(min(floor(x), MOST_CENTRE), -MOST_CENTRE);
}

/** Its height (axis 0) or width (axis 1): what an anchor's side, at most 24 bits, is times a factor of a table. */
export function setSide(s: Scratch, at: number, axis: number, anchor: number, factor: number): void {
  let side = max(anchor, 0) * (factor & 0xffffff);
  let exponent = factor >> 24;
  while (side >= 1 << SIDE_BITS) {
    side = floor(side / 2);
    exponent++;
  }
  s._kept[WORDS * at + 2 + 2 * axis] = exponent < 0 ? shifted(side, -exponent) : side;
  s._kept[WORDS * at + 3 + 2 * axis] = max(exponent, 0);
}

export function setClass(s: Scratch, at: number, index: number): void {
  s._kept[WORDS * at + 6] = index;
}

/** Where a kept box begins, of its height (axis 0) or width (axis 1), in 2^scale times 2^-D_FRACTION pixels. */
function first(s: Scratch, at: number, axis: number, scale: number): number {
  let centre = s._kept[WORDS * at + axis];
  for (let i = 0; i < scale; i++) centre = floor(centre / 2);
  return centre - floor(length(s, at, axis, scale) / 2);
}

function length(s: Scratch, at: number, axis: number, scale: number): number {
  const k = WORDS * at + 2 + 2 * axis;
  return shifted(s._kept[k], scale - s._kept[k + 1]);
}

/** How much of a side two kept boxes share; at most 0 where nothing. */
function sharedSide(s: Scratch, a: number, b: number, axis: number, scale: number): number {
  const i = first(s, a, axis, scale);
  const j = first(s, b, axis, scale);
  return min(i + length(s, a, axis, scale), j + length(s, b, axis, scale)) - max(i, j);
}

/** Whether the shared part of two kept boxes is more than `share` / 2^24 of their union. */
function overlaps(s: Scratch, a: number, b: number, share: number): boolean {
  const kept = s._kept;
  const scale = max(kept[WORDS * a + 3], kept[WORDS * a + 5], kept[WORDS * b + 3], kept[WORDS * b + 5]);
  const height = sharedSide(s, a, b, 0, scale);
  const width = sharedSide(s, a, b, 1, scale);
  if (height <= 0 || width <= 0) return false;
  let shared = height * width;
  let union =
    length(s, a, 0, scale) * length(s, a, 1, scale) + length(s, b, 0, scale) * length(s, b, 1, scale) - shared;
  while (union >= COMPARED) {
    union = floor(union / 2);
    shared = floor(shared / 2);
  }
  return shared * (1 << 24) > union * share;
}

/** Whether the box behind `count` kept ones overlaps one of them: of its own class, or of any where `any`. */
export function isSuppressed(s: Scratch, count: number, share: number, any: boolean): boolean {
  for (let i = 0; i < count; i++) {
    if (!any && s._kept[WORDS * i + 6] !== s._kept[WORDS * count + 6]) continue;
    if (overlaps(s, i, count, share)) return true;
  }
  return false;
}

/** Its beginning, or its end, to the nearest sixteenth of a pixel. */
function edge(f: HeadFile, s: Scratch, at: number, axis: number, end: boolean): number {
  const k = WORDS * at + 2 + 2 * axis;
  const sixteenth = 1 << (f._word(D_FRACTION) - 4);
  let side = s._kept[k];
  for (let i = min(s._kept[k + 1], MOST_EXPONENT); i--; ) side *= 2;
  side = min(side, MOST_SIDE * sixteenth);
  const begin = s._kept[WORDS * at + axis] - floor(side / 2);
  return floor(((end ? begin + side : begin) + sixteenth / 2) / sixteenth);
}

/** A kept box, in sixteenths of a pixel. */
export function foundBox(f: HeadFile, s: Scratch, at: number, index: number, score: number): Found {
  const y = edge(f, s, at, 0, false);
  const x = edge(f, s, at, 1, false);
  return {
    index: index,
    score: score,
    x: x,
    y: y,
    width: edge(f, s, at, 1, true) - x,
    height: edge(f, s, at, 0, true) - y,
  };
}

/** Puts an object behind those of a score at least as high; of more than `most` the last is lost. */
export function insert(list: Found[], found: Found, most: number): void {
  let at = list.length;
  if (at < most) list.push(found);
  else if (list[at - 1].score >= found.score) return;
  else at--;
  for (; at > 0 && list[at - 1].score < found.score; at--) list[at] = list[at - 1];
  list[at] = found;
}

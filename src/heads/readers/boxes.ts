/** What heads with boxes share: which comes first, which overlap, and the list of those that are kept. */
import { D_FRACTION, KEPT_BYTES } from '../../program/head-layout.js';
import type { Found, HeadFile, Scratch } from './head-file.js';

const floor = Math.floor;
const min = Math.min;
const max = Math.max;
const WORDS = KEPT_BYTES / 4;

/** Sides and centres are kept this small, so that areas stay exact in doubles. */
export const MOST_SIDE = (1 << 25) - 1;
const MOST_CENTRE = 1 << 30;
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

/** The box of a centre and a size, behind the `at` that are kept: edges in 2^-D_FRACTION pixels. */
export function setBox(s: Scratch, at: number, y: number, x: number, height: number, width: number): void {
  const kept = s._kept;
  const h = max(min(height, MOST_SIDE), 0);
  const w = max(min(width, MOST_SIDE), 0);
  const top = max(min(y, MOST_CENTRE), -MOST_CENTRE) - (h >> 1);
  const left = max(min(x, MOST_CENTRE), -MOST_CENTRE) - (w >> 1);
  kept[WORDS * at] = top;
  kept[WORDS * at + 1] = left;
  kept[WORDS * at + 2] = top + h;
  kept[WORDS * at + 3] = left + w;
}

export function setClass(s: Scratch, at: number, index: number): void {
  s._kept[WORDS * at + 4] = index;
}

function area(s: Scratch, at: number): number {
  const k = WORDS * at;
  const kept = s._kept;
  return (kept[k + 2] - kept[k]) * (kept[k + 3] - kept[k + 1]);
}

/** Whether the shared part of two kept boxes is more than `share` / 2^24 of their union. */
function overlaps(s: Scratch, a: number, b: number, share: number): boolean {
  const kept = s._kept;
  const i = WORDS * a;
  const j = WORDS * b;
  const height = min(kept[i + 2], kept[j + 2]) - max(kept[i], kept[j]);
  const width = min(kept[i + 3], kept[j + 3]) - max(kept[i + 1], kept[j + 1]);
  if (height <= 0 || width <= 0) return false;
  let shared = height * width;
  let union = area(s, a) + area(s, b) - shared;
  while (union >= COMPARED) {
    union = floor(union / 2);
    shared = floor(shared / 2);
  }
  return shared * (1 << 24) > union * share;
}

/** Whether the box behind `count` kept ones overlaps one of them: of its own class, or of any where `any`. */
export function isSuppressed(s: Scratch, count: number, share: number, any: boolean): boolean {
  for (let i = 0; i < count; i++) {
    if (!any && s._kept[WORDS * i + 4] !== s._kept[WORDS * count + 4]) continue;
    if (overlaps(s, i, count, share)) return true;
  }
  return false;
}

/** A kept box, to the nearest sixteenth of a pixel. */
export function foundBox(f: HeadFile, s: Scratch, at: number, index: number, score: number): Found {
  const shift = f._word(D_FRACTION) - 4;
  const half = 1 << (shift - 1);
  const k = WORDS * at;
  const y = (s._kept[k] + half) >> shift;
  const x = (s._kept[k + 1] + half) >> shift;
  return {
    index: index,
    score: score,
    x: x,
    y: y,
    width: ((s._kept[k + 3] + half) >> shift) - x,
    height: ((s._kept[k + 2] + half) >> shift) - y,
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

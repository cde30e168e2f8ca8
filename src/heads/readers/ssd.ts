/** TFLite_Detection_PostProcess in integers, from its quantised inputs. */
import {
  D_ANCHOR_BYTES,
  D_ANCHOR_TABLE,
  D_ANCHOR_X,
  D_ANCHOR_Y,
  D_ANCHOR_ZERO,
  D_ANCHORS,
  D_BOX_ZERO,
  D_BOXES,
  D_CLASSES,
  D_FIRST_CLASS,
  D_MOST,
  D_OUTPUT,
  D_OVERLAP,
  D_PER_BOX,
  D_PER_CLASS,
  D_SIZE_HEIGHT,
  D_SIZE_WIDTH,
  D_STEP_BITS,
  D_STEP_X,
  D_STEP_Y,
  D_THRESHOLD,
} from '../../program/head-layout.js';
import { foundBox, insert, isSuppressed, makeHeap, setCentre, setSide, takeFirst } from './boxes.js';
import type { Found, HeadFile, Scratch } from './head-file.js';

const floor = Math.floor;

/** 2^bits, also where that is beyond 31 bits. */
function power(bits: number): number {
  let result = 1;
  for (; bits > 0; bits--) result *= 2;
  return result;
}

/** Value i of an anchor, in 2^-D_FRACTION pixels, at most 24 bits and a sign. */
function anchorValue(f: HeadFile, box: number, i: number): number {
  const at = 4 * box + i;
  const table = f._word(D_ANCHOR_TABLE);
  const value = f._word(D_ANCHOR_BYTES) === 1 ? f._byte(table + at) : f._word(table + 4 * at);
  const factor = f._word(i & 1 ? D_ANCHOR_X : D_ANCHOR_Y);
  return (((value << 7) >> 7) - f._word(D_ANCHOR_ZERO)) * factor;
}

/** A centre: where the anchor's is, and how far a value moves it, in parts of the anchor's side. */
function centre(f: HeadFile, box: number, axis: number, side: number, steps: number): number {
  const value = f._outputs[f._word(D_BOXES)][4 * box + axis] - f._word(D_BOX_ZERO);
  return anchorValue(f, box, axis) + floor((value * f._word(axis ? D_STEP_X : D_STEP_Y) * side) / steps);
}

/** The box of a value, behind `at` kept ones. */
function decodeBox(f: HeadFile, s: Scratch, box: number, at: number): void {
  const values = f._outputs[f._word(D_BOXES)];
  const height = anchorValue(f, box, 2);
  const width = anchorValue(f, box, 3);
  const steps = power(f._word(D_STEP_BITS));
  setCentre(s, at, centre(f, box, 0, height, steps), centre(f, box, 1, width, steps));
  setSide(s, at, 0, height, f._word(f._word(D_SIZE_HEIGHT) + 4 * (values[4 * box + 2] & 255)));
  setSide(s, at, 1, width, f._word(f._word(D_SIZE_WIDTH) + 4 * (values[4 * box + 3] & 255)));
}

/** The D_PER_BOX best classes of the box behind `kept` kept ones, best first; of equal ones the first. */
function pushClasses(f: HeadFile, s: Scratch, box: number, kept: number, least: number, found: Found[]): void {
  const values = f._outputs[f._word(D_OUTPUT)];
  const classes = f._word(D_CLASSES);
  const first = box * (f._word(D_FIRST_CLASS) + classes) + f._word(D_FIRST_CLASS);
  // Orders by value, then by index: no two ranks are equal. Bytes lie between -256 and 256.
  let last = 512 * classes;
  for (let n = f._word(D_PER_BOX); n--; ) {
    let highest = -512 * classes;
    let best = -1;
    for (let i = 0; i < classes; i++) {
      const rank = values[first + i] * classes - i;
      if (rank < last && rank > highest) {
        highest = rank;
        best = i;
      }
    }
    if (best < 0 || values[first + best] < least) return;
    last = highest;
    found.push(foundBox(f, s, kept, best, values[first + best]));
  }
}

/** The highest of a box's scores, which begin at `first`. */
function bestScore(values: ArrayLike<number>, first: number, classes: number): number {
  let best = values[first];
  for (let i = 1; i < classes; i++) if (values[first + i] > best) best = values[first + i];
  return best;
}

/**
 * Fast: boxes by their best class, over all classes at once, and D_PER_BOX classes of each that is kept. Regular: class by
 * class, and then the best of all.
 */
export function ssd(f: HeadFile, s: Scratch): Found[] {
  const values = f._outputs[f._word(D_OUTPUT)];
  const least = f._threshold === undefined ? f._word(D_THRESHOLD) : f._threshold;
  const classes = f._word(D_CLASSES);
  const columns = f._word(D_FIRST_CLASS) + classes;
  const perClass = f._word(D_PER_CLASS);
  const most = perClass || f._word(D_MOST);
  const found: Found[] = [];
  for (let index = 0; index < (perClass ? classes : 1); index++) {
    let count = 0;
    for (let box = 0; box < f._word(D_ANCHORS); box++) {
      const first = box * columns + f._word(D_FIRST_CLASS);
      const score = perClass ? values[first + index] : bestScore(values, first, classes);
      if (score < least) continue;
      // Bytes, signed or not.
      s._scores[box] = score + 128;
      s._order[count++] = box;
    }
    makeHeap(s, count);
    for (let kept = 0; count && kept < most; count--) {
      const box = takeFirst(s, count);
      decodeBox(f, s, box, kept);
      if (isSuppressed(s, kept, f._word(D_OVERLAP), true)) continue;
      if (perClass) insert(found, foundBox(f, s, kept, index, s._scores[box] - 128), f._word(D_MOST));
      else pushClasses(f, s, box, kept, least, found);
      kept++;
    }
  }
  return found;
}

/** YOLO: grids of boxes, each with the probability of an object and of its class; suppression class by class. */
import {
  D_CLASSES,
  D_GRIDS,
  D_MOST,
  D_OVERLAP,
  D_SOFTMAX,
  D_THRESHOLD,
  G_ANCHOR_STEP,
  G_ANCHOR_TABLE,
  G_ANCHORS,
  G_CELL_STEP,
  G_COLUMNS,
  G_FIELD_STEP,
  G_OUTPUT,
  G_ROWS,
  G_STRIDE_X,
  G_STRIDE_Y,
  G_TABLE_CLASS,
  G_TABLE_OBJECT,
  G_TABLE_SIZE,
  G_TABLE_X,
  G_TABLE_Y,
  GRID_BYTES,
  YOLO_BYTES,
} from '../../program/head-layout.js';
import { foundBox, isSuppressed, makeHeap, setCentre, setClass, setSide, takeFirst } from './boxes.js';
import type { Found, HeadFile, Scratch } from './head-file.js';

const floor = Math.floor;
const CERTAIN = 1 << 15;

/** A box of a grid, found by its number among those of all grids. */
interface Place {
  /** The grid's fields, in the head. */
  _grid: number;
  _cell: number;
  _anchor: number;
  /** Where its fields begin in the output, and how far they are from each other. */
  _at: number;
  _step: number;
  _values: ArrayLike<number>;
}

function place(f: HeadFile, box: number): Place {
  let grid = YOLO_BYTES;
  for (;;) {
    const anchors = f._word(grid + G_ANCHORS);
    const boxes = f._word(grid + G_ROWS) * f._word(grid + G_COLUMNS) * anchors;
    if (box < boxes) {
      const cell = floor(box / anchors);
      const anchor = box - cell * anchors;
      return {
        _grid: grid,
        _cell: cell,
        _anchor: anchor,
        _at: cell * f._word(grid + G_CELL_STEP) + anchor * f._word(grid + G_ANCHOR_STEP),
        _step: f._word(grid + G_FIELD_STEP),
        _values: f._outputs[f._word(grid + G_OUTPUT)],
      };
    }
    box -= boxes;
    grid += GRID_BYTES;
  }
}

/** Entry of a table by the byte of field i. */
function entry(f: HeadFile, p: Place, table: number, i: number): number {
  return f._word(f._word(p._grid + table) + 4 * (p._values[p._at + i * p._step] & 255));
}

/** Field of the first class. */
function firstClass(f: HeadFile, p: Place): number {
  return f._word(p._grid + G_TABLE_OBJECT) ? 5 : 4;
}

/** A probability of a table: 0 to 2^15. */
function probability(value: number): number {
  return value < 0 || value > CERTAIN ? CERTAIN : value;
}

/** The class of a box: the highest value, of equal ones the first. */
function classOf(f: HeadFile, p: Place): number {
  const first = firstClass(f, p);
  let best = 0;
  for (let i = 1; i < f._word(D_CLASSES); i++)
    if (p._values[p._at + (first + i) * p._step] > p._values[p._at + (first + best) * p._step]) best = i;
  return best;
}

/** That there is an object, times that it is of its best class, in 2^-15. */
function scoreOf(f: HeadFile, p: Place): number {
  const first = firstClass(f, p);
  const best = classOf(f, p);
  const object = first === 5 ? probability(entry(f, p, G_TABLE_OBJECT, 4)) : CERTAIN;
  if (!f._word(D_SOFTMAX)) return (object * probability(entry(f, p, G_TABLE_CLASS, first + best))) >> 15;
  const highest = p._values[p._at + (first + best) * p._step];
  const table = f._word(p._grid + G_TABLE_CLASS);
  let sum = 0;
  for (let i = 0; i < f._word(D_CLASSES); i++)
    sum += probability(f._word(table + 4 * (highest - p._values[p._at + (first + i) * p._step])));
  return floor((object * probability(f._word(table))) / (sum || 1));
}

/** The box, behind `at` kept ones. */
function decodeBox(f: HeadFile, s: Scratch, p: Place, at: number): void {
  const columns = f._word(p._grid + G_COLUMNS);
  const row = floor(p._cell / columns);
  const anchor = f._word(p._grid + G_ANCHOR_TABLE) + 8 * p._anchor;
  setCentre(
    s,
    at,
    row * f._word(p._grid + G_STRIDE_Y) + ((entry(f, p, G_TABLE_Y, 1) << 3) >> 3),
    (p._cell - row * columns) * f._word(p._grid + G_STRIDE_X) + ((entry(f, p, G_TABLE_X, 0) << 3) >> 3),
  );
  for (let axis = 0; axis < 2; axis++)
    setSide(s, at, axis, f._word(anchor + 4 * axis) & 0xffffff, entry(f, p, G_TABLE_SIZE, 3 - axis));
}

/** Best first; of equal ones the first box. */
export function yolo(f: HeadFile, s: Scratch): Found[] {
  const least = f._threshold === undefined ? f._word(D_THRESHOLD) : f._threshold;
  const most = f._word(D_MOST);
  const found: Found[] = [];
  let boxes = 0;
  for (let i = 0; i < f._word(D_GRIDS); i++) {
    const grid = YOLO_BYTES + i * GRID_BYTES;
    boxes += f._word(grid + G_ROWS) * f._word(grid + G_COLUMNS) * f._word(grid + G_ANCHORS);
  }
  let count = 0;
  for (let box = 0; box < boxes; box++) {
    const score = scoreOf(f, place(f, box));
    if (score < least) continue;
    s._scores[box] = score;
    s._order[count++] = box;
  }
  makeHeap(s, count);
  for (; count && found.length < most; count--) {
    const box = takeFirst(s, count);
    const p = place(f, box);
    const kept = found.length;
    const index = classOf(f, p);
    decodeBox(f, s, p, kept);
    setClass(s, kept, index);
    if (!isSuppressed(s, kept, f._word(D_OVERLAP), false)) found.push(foundBox(f, s, kept, index, s._scores[box]));
  }
  return found;
}

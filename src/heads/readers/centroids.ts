/** FOMO: cells of a grid over the threshold; those of a class that touch, also at a corner, are one object. */
import {
  D_BACKGROUND,
  D_CLASSES,
  D_COLUMNS,
  D_INPUT_HEIGHT,
  D_INPUT_WIDTH,
  D_MOST,
  D_OUTPUT,
  D_ROWS,
  D_THRESHOLD,
} from '../../program/head-layout.js';
import { insert } from './boxes.js';
import type { Found, HeadFile, Scratch } from './head-file.js';

/** The first cell of the object that a cell belongs to: links lead to a cell before. */
function firstCell(links: Uint16Array, cell: number): number {
  while (links[cell] !== cell) cell = links[cell];
  return cell;
}

/** Makes one object of those of two cells. */
function join(links: Uint16Array, a: number, b: number): void {
  const i = firstCell(links, a);
  const j = firstCell(links, b);
  if (i < j) links[j] = i;
  else links[i] = j;
}

/** Links each cell over the threshold with those over it that stand to the left and above. */
function linkCells(values: ArrayLike<number>, links: Uint16Array, f: HeadFile, index: number, least: number): void {
  const columns = f._word(D_COLUMNS);
  const classes = f._word(D_CLASSES);
  const cells = f._word(D_ROWS) * columns;
  for (let cell = 0; cell < cells; cell++) {
    links[cell] = cell;
    if (values[cell * classes + index] < least) continue;
    const x = cell % columns;
    const above = cell - columns;
    if (x && values[(cell - 1) * classes + index] >= least) join(links, cell, cell - 1);
    if (above < 0) continue;
    for (let dx = x ? -1 : 0; dx <= (x + 1 < columns ? 1 : 0); dx++)
      if (values[(above + dx) * classes + index] >= least) join(links, cell, above + dx);
  }
}

/** The object whose first cell this is. */
function objectOf(values: ArrayLike<number>, links: Uint16Array, f: HeadFile, index: number, first: number): Found {
  const rows = f._word(D_ROWS);
  const columns = f._word(D_COLUMNS);
  const classes = f._word(D_CLASSES);
  const top = Math.floor(first / columns);
  let bottom = top;
  let left = columns;
  let right = 0;
  let score = values[first * classes + index];
  for (let cell = first; cell < rows * columns; cell++) {
    if (firstCell(links, cell) !== first) continue;
    const x = cell % columns;
    bottom = Math.floor(cell / columns);
    if (x < left) left = x;
    if (x > right) right = x;
    if (values[cell * classes + index] > score) score = values[cell * classes + index];
  }
  const height = 16 * f._word(D_INPUT_HEIGHT);
  const width = 16 * f._word(D_INPUT_WIDTH);
  const y = Math.floor((height * top) / rows);
  const x = Math.floor((width * left) / columns);
  return {
    index: index,
    score: score,
    x: x,
    y: y,
    width: Math.floor((width * (right + 1)) / columns) - x,
    height: Math.floor((height * (bottom + 1)) / rows) - y,
  };
}

/** Best first; of equal ones the first class, then the one whose first cell comes first, row by row. */
export function centroids(f: HeadFile, s: Scratch): Found[] {
  const values = f._outputs[f._word(D_OUTPUT)];
  const least = f._threshold === undefined ? f._word(D_THRESHOLD) : f._threshold;
  const classes = f._word(D_CLASSES);
  const cells = f._word(D_ROWS) * f._word(D_COLUMNS);
  const links = s._order;
  const found: Found[] = [];
  for (let index = 0; index < classes; index++) {
    if (index === f._word(D_BACKGROUND)) continue;
    linkCells(values, links, f, index, least);
    for (let cell = 0; cell < cells; cell++)
      if (links[cell] === cell && values[cell * classes + index] >= least)
        insert(found, objectOf(values, links, f, index, cell), f._word(D_MOST));
  }
  return found;
}

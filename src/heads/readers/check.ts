/** Checks of every reader of a head when a file is opened, so that answers need none. */
import * as H from '../../program/head-layout.js';
import type { HeadFile } from './head-file.js';

/** Bytes of an output, by its number; 0 where there is no such output. */
export type OutputBytes = (output: number) => number;

/** A field of the head and the values that it may have. */
type Range = [field: number, least: number, most: number];

/** Bytes of a table of 256 words. */
const TABLE = 1024;

function firstOutside(f: HeadFile, at: number, ranges: Range[]): number {
  for (let i = 0; i < ranges.length; i++) {
    const value = f._word(at + ranges[i][0]);
    if (value < ranges[i][1] || value > ranges[i][2]) return at + ranges[i][0];
  }
  return -1;
}

/** The field, unless the table that it names stands behind the fields and inside the head. */
function misplaced(f: HeadFile, field: number, least: number, tableBytes: number, bytes: number): number {
  const at = f._word(field);
  return at < least || at & 3 || at + tableBytes > bytes ? field : -1;
}

/** Scratch for `boxes` to be sorted and `kept` boxes. */
export function scratchBytes(boxes: number, kept: number): number {
  return 4 * boxes + H.KEPT_BYTES * kept;
}

function checkCentroids(f: HeadFile, outputBytes: OutputBytes): number {
  const outside = firstOutside(f, 0, [
    [H.D_ROWS, 1, H.MOST_BOXES],
    [H.D_COLUMNS, 1, H.MOST_BOXES],
    [H.D_BACKGROUND, -1, f._word(H.D_CLASSES) - 1],
  ]);
  if (outside >= 0) return outside;
  const cells = f._word(H.D_ROWS) * f._word(H.D_COLUMNS);
  if (cells > H.MOST_BOXES) return H.D_ROWS;
  if (cells * f._word(H.D_CLASSES) !== outputBytes(f._word(H.D_OUTPUT))) return H.D_CLASSES;
  return f._word(H.D_SCRATCH_BYTES) === scratchBytes(cells, 0) ? -1 : H.D_SCRATCH_BYTES;
}

function checkSsd(f: HeadFile, bytes: number, outputBytes: OutputBytes): number {
  const wide = f._word(H.D_ANCHOR_BYTES) !== 1;
  const outside = firstOutside(f, 0, [
    [H.D_ANCHORS, 1, H.MOST_BOXES],
    [H.D_FIRST_CLASS, 0, 1],
    [H.D_PER_BOX, 1, f._word(H.D_CLASSES)],
    [H.D_PER_CLASS, 0, H.MOST_ANSWERS],
    [H.D_BOX_ZERO, -128, 255],
    [H.D_STEP_BITS, 0, 48],
    [H.D_STEP_Y, 0, (1 << 20) - 1],
    [H.D_STEP_X, 0, (1 << 20) - 1],
    [H.D_ANCHOR_BYTES, 1, 4],
    [H.D_ANCHOR_ZERO, 0, wide ? 0 : 255],
    [H.D_ANCHOR_Y, 1, wide ? 1 : 65535],
    [H.D_ANCHOR_X, 1, wide ? 1 : 65535],
  ]);
  if (outside >= 0) return outside;
  if (wide && f._word(H.D_ANCHOR_BYTES) !== 4) return H.D_ANCHOR_BYTES;
  const anchors = f._word(H.D_ANCHORS);
  const columns = f._word(H.D_FIRST_CLASS) + f._word(H.D_CLASSES);
  if (anchors * columns !== outputBytes(f._word(H.D_OUTPUT))) return H.D_CLASSES;
  if (4 * anchors !== outputBytes(f._word(H.D_BOXES))) return H.D_BOXES;
  let wrong = misplaced(f, H.D_ANCHOR_TABLE, H.SSD_BYTES, 4 * anchors * f._word(H.D_ANCHOR_BYTES), bytes);
  if (wrong < 0) wrong = misplaced(f, H.D_SIZE_HEIGHT, H.SSD_BYTES, TABLE, bytes);
  if (wrong < 0) wrong = misplaced(f, H.D_SIZE_WIDTH, H.SSD_BYTES, TABLE, bytes);
  if (wrong >= 0) return wrong;
  const kept = f._word(H.D_PER_CLASS) || f._word(H.D_MOST);
  return f._word(H.D_SCRATCH_BYTES) === scratchBytes(anchors, kept) ? -1 : H.D_SCRATCH_BYTES;
}

/** A grid of YOLO, whose fields begin at `grid`. */
function checkGrid(f: HeadFile, grid: number, bytes: number, outputBytes: OutputBytes): number {
  const outside = firstOutside(f, grid, [
    [H.G_ROWS, 1, H.MOST_BOXES],
    [H.G_COLUMNS, 1, H.MOST_BOXES],
    [H.G_ANCHORS, 1, H.MOST_BOXES],
    [H.G_CELL_STEP, 1, 1 << 24],
    [H.G_ANCHOR_STEP, 1, 1 << 24],
    [H.G_FIELD_STEP, 1, 1 << 24],
    [H.G_STRIDE_Y, 0, 1 << 29],
    [H.G_STRIDE_X, 0, 1 << 29],
  ]);
  if (outside >= 0) return outside;
  const rows = f._word(grid + H.G_ROWS);
  const columns = f._word(grid + H.G_COLUMNS);
  const anchors = f._word(grid + H.G_ANCHORS);
  if (rows * columns * anchors > H.MOST_BOXES) return grid + H.G_ROWS;
  if (rows * f._word(grid + H.G_STRIDE_Y) > 1 << 29) return grid + H.G_STRIDE_Y;
  if (columns * f._word(grid + H.G_STRIDE_X) > 1 << 29) return grid + H.G_STRIDE_X;
  const fields = f._word(H.D_CLASSES) + (f._word(grid + H.G_TABLE_OBJECT) ? 5 : 4);
  const last =
    (rows * columns - 1) * f._word(grid + H.G_CELL_STEP) +
    (anchors - 1) * f._word(grid + H.G_ANCHOR_STEP) +
    (fields - 1) * f._word(grid + H.G_FIELD_STEP);
  if (last >= outputBytes(f._word(grid + H.G_OUTPUT))) return grid + H.G_OUTPUT;
  const least = H.YOLO_BYTES + f._word(H.D_GRIDS) * H.GRID_BYTES;
  const tables = [H.G_TABLE_Y, H.G_TABLE_X, H.G_TABLE_SIZE, H.G_TABLE_OBJECT, H.G_TABLE_CLASS];
  for (let i = 0; i < tables.length; i++) {
    if (tables[i] === H.G_TABLE_OBJECT && !f._word(grid + H.G_TABLE_OBJECT)) continue;
    const wrong = misplaced(f, grid + tables[i], least, TABLE, bytes);
    if (wrong >= 0) return wrong;
  }
  return misplaced(f, grid + H.G_ANCHOR_TABLE, least, 8 * anchors, bytes);
}

function checkYolo(f: HeadFile, bytes: number, outputBytes: OutputBytes): number {
  const outside = firstOutside(f, 0, [
    [H.D_GRIDS, 1, H.MOST_GRIDS],
    [H.D_SOFTMAX, 0, 1],
  ]);
  if (outside >= 0) return outside;
  if (H.YOLO_BYTES + f._word(H.D_GRIDS) * H.GRID_BYTES > bytes) return H.D_GRIDS;
  let boxes = 0;
  for (let i = 0; i < f._word(H.D_GRIDS); i++) {
    const grid = H.YOLO_BYTES + i * H.GRID_BYTES;
    const wrong = checkGrid(f, grid, bytes, outputBytes);
    if (wrong >= 0) return wrong;
    boxes += f._word(grid + H.G_ROWS) * f._word(grid + H.G_COLUMNS) * f._word(grid + H.G_ANCHORS);
  }
  if (boxes > H.MOST_BOXES) return H.D_GRIDS;
  return f._word(H.D_SCRATCH_BYTES) === scratchBytes(boxes, f._word(H.D_MOST)) ? -1 : H.D_SCRATCH_BYTES;
}

function checkVector(f: HeadFile, outputBytes: OutputBytes): number {
  if (f._word(H.D_CLASSES) !== outputBytes(f._word(H.D_OUTPUT))) return H.D_CLASSES;
  return f._word(H.D_SCRATCH_BYTES) ? H.D_SCRATCH_BYTES : -1;
}

function checkLocate(f: HeadFile, bytes: number, outputBytes: OutputBytes): number {
  const outside = firstOutside(f, 0, [[H.D_NEAR, 0, 65535]]);
  if (outside >= 0) return outside;
  const wrong = misplaced(f, H.D_CELLS, H.LOCATE_BYTES, H.CELL_BYTES * f._word(H.D_CLASSES), bytes);
  return wrong < 0 ? checkVector(f, outputBytes) : wrong;
}

/** The least bytes of each kind of head. */
const LEAST = [H.HEAD_BYTES, H.HEAD_BYTES, H.CENTROIDS_BYTES, H.SSD_BYTES, H.YOLO_BYTES, H.HEAD_BYTES, H.LOCATE_BYTES];

/**
 * The first field that cannot be; -1 where all can.
 * @param bytes of the head.
 */
export function wrongField(f: HeadFile, bytes: number, outputBytes: OutputBytes): number {
  if (bytes < H.HEAD_BYTES) return H.D_KIND;
  const kind = f._word(H.D_KIND);
  const outside = firstOutside(f, 0, [
    [H.D_KIND, H.HEAD_NONE, H.HEAD_LOCATE],
    [H.D_INPUT_HEIGHT, 1, H.MOST_INPUT],
    [H.D_INPUT_WIDTH, 1, H.MOST_INPUT],
    [H.D_CLASSES, 1, H.MOST_CLASSES],
    [H.D_MOST, 1, H.MOST_ANSWERS],
    [H.D_THRESHOLD, -65536, 65536],
    [H.D_SCORE_ZERO, -128, 255],
    [H.D_OVERLAP, 0, 1 << 24],
    [H.D_FRACTION, 5, 16],
  ]);
  if (outside >= 0) return outside;
  if (bytes < LEAST[kind]) return H.D_KIND;
  if (kind === H.HEAD_CENTROIDS) return checkCentroids(f, outputBytes);
  if (kind === H.HEAD_SSD) return checkSsd(f, bytes, outputBytes);
  if (kind === H.HEAD_YOLO) return checkYolo(f, bytes, outputBytes);
  if (kind === H.HEAD_LOCATE) return checkLocate(f, bytes, outputBytes);
  if (kind === H.HEAD_NONE) return f._word(H.D_SCRATCH_BYTES) === 0 ? -1 : H.D_SCRATCH_BYTES;
  return checkVector(f, outputBytes);
}

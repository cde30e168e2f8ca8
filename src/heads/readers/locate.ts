/** The place that the most probable cells agree on. */
import {
  CELL_BYTES,
  CELL_LATITUDE,
  CELL_LONGITUDE,
  CELL_RADIUS,
  CELL_X,
  CELL_Y,
  CELL_Z,
  D_CELLS,
  D_CLASSES,
  D_MOST,
  D_NEAR,
  D_OUTPUT,
  D_SCORE_ZERO,
} from '../../program/head-layout.js';
import { squareRoot } from './embed.js';
import type { HeadFile } from './head-file.js';

export interface Location {
  index: number;
  /** Sum of the scores of the cells that agree, less their zeros. */
  score: number;
  /** 2^-16 degrees. */
  latitude: number;
  longitude: number;
  radiusKm: number;
}

const EARTH_KM = 6371;
/** 24 squared radii: an arc is about its chord + chord^3 / this. */
const ARC = 24 * EARTH_KM * EARTH_KM;

function cell(f: HeadFile, index: number, field: number): number {
  return f._word(f._word(D_CELLS) + CELL_BYTES * index + field);
}

/** Km between two cells, straight through the globe. */
function chord(f: HeadFile, a: number, b: number): number {
  let squares = 0;
  for (let field = CELL_X; field <= CELL_Z; field += CELL_Y - CELL_X) {
    // Unit vectors; wherever a file says otherwise, the sum stays exact.
    const difference = ((cell(f, a, field) - cell(f, b, field)) << 6) >> 6;
    squares += difference * difference;
  }
  return Math.floor((squareRoot(squares) * EARTH_KM) / (1 << 24));
}

/** Cells with the highest scores, best first; of equal ones the first. Scores of zero are none. */
function bestCells(f: HeadFile, scores: number[]): number[] {
  const values = f._outputs[f._word(D_OUTPUT)];
  const zero = f._word(D_SCORE_ZERO);
  const most = f._word(D_MOST);
  const cells: number[] = [];
  for (let i = 0; i < f._word(D_CLASSES); i++) {
    const score = values[i] - zero;
    if (score <= 0) continue;
    let at = cells.length;
    if (at === most && scores[at - 1] >= score) continue;
    if (at === most) at--;
    for (; at > 0 && scores[at - 1] < score; at--) {
      cells[at] = cells[at - 1];
      scores[at] = scores[at - 1];
    }
    cells[at] = i;
    scores[at] = score;
  }
  return cells;
}

/**
 * Of the best cells, the one that has the most score within D_NEAR, of equal ones the better one; its radius takes in the cells
 * that agree. None where no cell has a score.
 */
export function locate(f: HeadFile): Location | undefined {
  const scores: number[] = [];
  const cells = bestCells(f, scores);
  const near = f._word(D_NEAR);
  let best: Location | undefined;
  for (let i = 0; i < cells.length; i++) {
    let score = 0;
    let farthest = 0;
    for (let j = 0; j < cells.length; j++) {
      const km = chord(f, cells[i], cells[j]);
      if (j !== i && km > near) continue;
      score += scores[j];
      if (km > farthest) farthest = km;
    }
    if (best && score <= best.score) continue;
    const radius = cell(f, cells[i], CELL_RADIUS);
    const arc = farthest + Math.floor((farthest * farthest * farthest) / ARC);
    best = {
      index: cells[i],
      score: score,
      latitude: cell(f, cells[i], CELL_LATITUDE),
      longitude: cell(f, cells[i], CELL_LONGITUDE),
      radiusKm: Math.max(arc, radius),
    };
  }
  return best;
}

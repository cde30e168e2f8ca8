/** Cost of reading an answer in C, from the sizes of a head: `budget` and `run` price it by this. */
import * as H from '../program/head-layout.js';
import { type Head, headFile } from './open.js';

/**
 * Instructions of one answer, on outputs as detectors have them, where most scores are low. The constants are those of rv32imc, counted
 * (test/heads/cost.test.ts, which holds every kind to a fifth).
 */
export function headInstructions({ name, bytes }: Head): number {
  const { _word: word } = headFile(bytes, []);
  const classes = word(H.D_CLASSES);
  switch (name) {
    case 'centroids':
      return 31 * word(H.D_ROWS) * word(H.D_COLUMNS) * (classes - (word(H.D_BACKGROUND) >= 0 ? 1 : 0));
    case 'ssd': {
      const regular = word(H.D_PER_CLASS) > 0;
      return word(H.D_ANCHORS) * (regular ? 22 * classes : 6 + 5.2 * classes);
    }
    case 'yolo': {
      const others = (classes - 1) * (word(H.D_SOFTMAX) ? 105 : 12);
      return grids(word).reduce((sum, { boxes, objectness }) => sum + boxes * ((objectness ? 270 : 180) + others), 0);
    }
    case 'embed':
      return 3600 + 98 * classes;
    case 'locate': {
      const most = Math.min(word(H.D_MOST), classes);
      return (most + most * most) * 21.5 * classes + 1300 * most * most;
    }
    default:
      return 0;
  }
}

function grids(word: (at: number) => number): { boxes: number; objectness: boolean }[] {
  return Array.from({ length: word(H.D_GRIDS) }, (_, i) => {
    const at = H.YOLO_BYTES + i * H.GRID_BYTES;
    const boxes = word(at + H.G_ROWS) * word(at + H.G_COLUMNS) * word(at + H.G_ANCHORS);
    return { boxes, objectness: word(at + H.G_TABLE_OBJECT) > 0 };
  });
}

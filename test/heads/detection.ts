/** TFLite_Detection_PostProcess in floating point, as TensorFlow Lite describes it, written without a look at src/heads. */

export interface Postprocess {
  classes: number;
  maxDetections: number;
  maxClassesPerDetection: number;
  /** Regular suppression, where it is given. */
  detectionsPerClass?: number;
  scoreThreshold: number;
  overlapThreshold: number;
  scales: { y: number; x: number; h: number; w: number };
}

export interface FloatDetection {
  index: number;
  score: number;
  /** Parts of the input: top, left, bottom, right. */
  box: number[];
}

/** Boxes from encodings and anchors, both centre y, centre x, height, width. */
export function decoded(encodings: number[][], anchors: number[][], { y, x, h, w }: Postprocess['scales']): number[][] {
  return encodings.map(([ty, tx, th, tw], i) => {
    const [cy, cx, height, width] = anchors[i];
    const [centreY, centreX] = [(ty / y) * height + cy, (tx / x) * width + cx];
    const [halfHeight, halfWidth] = [(Math.exp(th / h) * height) / 2, (Math.exp(tw / w) * width) / 2];
    return [centreY - halfHeight, centreX - halfWidth, centreY + halfHeight, centreX + halfWidth];
  });
}

function intersectionOverUnion(a: number[], b: number[]): number {
  const size = ([top, left, bottom, right]: number[]): number => (bottom - top) * (right - left);
  if (size(a) <= 0 || size(b) <= 0) return 0;
  const height = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const width = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  return (height * width) / (size(a) + size(b) - height * width);
}

/** Places of the highest values, highest first, of equal ones the first. */
function ordered(values: number[]): number[] {
  return values.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
}

/** Boxes that are kept, in the order in which they are. */
function suppressed(boxes: number[][], scores: number[], most: number, options: Postprocess): number[] {
  const kept: number[] = [];
  for (const i of ordered(scores)) {
    if (scores[i] < options.scoreThreshold || kept.length === most) break;
    if (kept.every((j) => intersectionOverUnion(boxes[j], boxes[i]) <= options.overlapThreshold)) kept.push(i);
  }
  return kept;
}

/** @param scores of each box, one column more than there are classes where the background stands first. */
export function postprocess(boxes: number[][], scores: number[][], options: Postprocess): FloatDetection[] {
  const own = scores.map((row) => row.slice(row.length - options.classes));
  const { detectionsPerClass, maxDetections } = options;
  if (detectionsPerClass !== undefined) {
    const all = Array.from({ length: options.classes }, (_, index) => {
      const column = own.map((row) => row[index]);
      return suppressed(boxes, column, detectionsPerClass, options).map((i) => ({
        index,
        score: column[i],
        box: boxes[i],
      }));
    }).flat();
    const order = ordered(all.map(({ score }) => score));
    return order.slice(0, maxDetections).map((i) => all[i]);
  }
  const best = own.map((row) => Math.max(...row));
  return suppressed(boxes, best, maxDetections, options).flatMap((i) =>
    ordered(own[i])
      .slice(0, options.maxClassesPerDetection)
      .map((index) => ({ index, score: own[i][index], box: boxes[i] })),
  );
}

/** Heads: meanings of a model's outputs, in the model's own units, before they are written down in integers. */

/** Scores, and what they are of. Thresholds are probabilities. */
interface Scored {
  /** Scores under it are none. */
  threshold?: number;
  /** Most answers. */
  most?: number;
}

/** A grid of class scores, the first output; touching cells are one object. */
export interface CentroidsSpec extends Scored {
  kind: 'centroids';
  /** The class that is no object; -1 where every class is one. */
  background: number;
}

/** The options and the anchors of TFLite_Detection_PostProcess. */
export interface SsdSpec extends Scored {
  kind: 'ssd';
  /** Positions among the outputs: boxes relative to anchors, scores of classes. */
  boxes: number;
  scores: number;
  /** Without the background, which stands first where the scores have one column more. */
  classes: number;
  /** Boxes that share more of their union are one object. */
  overlap: number;
  /** Divisors of the values of a box: y, x, height, width. */
  divisors: readonly [number, number, number, number];
  /** Classes named of each box, where suppression is the fast one. */
  perBox: number;
  /** Boxes of each class, where suppression is the regular one. */
  perClass?: number;
  /** Centre y, centre x, height, width of each, as parts of the input: scale * (value - zeroPoint). */
  anchors: { values: ArrayLike<number>; scale: number; zeroPoint: number };
}

/**
 * How a YOLO's values become boxes. c is the cell, s its size in pixels, a the anchor, t the value, g the logistic function.
 * v2, v3: centre (c + g(t)) s, size a e^t. v5: centre (c - 1/2 + 2 g(t)) s, size a (2 g(t))^2. v8: centre and size in pixels,
 * classes that are probabilities, no objectness. decoded: as v8, with objectness.
 */
export const YOLO_VERSIONS = ['v2', 'v3', 'v5', 'v8', 'decoded'] as const;
export type YoloVersion = (typeof YOLO_VERSIONS)[number];

export interface YoloSpec extends Scored {
  kind: 'yolo';
  version: YoloVersion;
  overlap?: number;
  /** Width and height in pixels of the anchors of each output; none for v8 and decoded. */
  anchors?: readonly (readonly (readonly [width: number, height: number])[])[];
  /** Values went through the logistic function inside the model already: t is g(t). */
  activated?: boolean;
}

/** A vector, compared by its direction. */
export interface EmbedSpec {
  kind: 'embed';
  /** Least cosine of what is the same. */
  threshold?: number;
}

/** Scores of cells on the globe. */
export interface LocateSpec {
  kind: 'locate';
  /** Degrees, of each score. */
  cells: readonly (readonly [latitude: number, longitude: number])[];
  /** Cells that are looked at. */
  most?: number;
  /** Km within which cells are one place. */
  near?: number;
}

export type HeadSpec =
  | { kind: 'none' }
  | { kind: 'classify' }
  | CentroidsSpec
  | SsdSpec
  | YoloSpec
  | EmbedSpec
  | LocateSpec;

/**
 * A head as its readers see it, on the host and on a board: fields and tables of the file, and the outputs. Readers are compiled
 * to ES5 too, so that a board and the host run the same lines; names that begin with _ are shortened there.
 */
export interface HeadFile {
  /** Signed 32 bits at a byte of the head. */
  _word(at: number): number;
  /** Unsigned 8 bits at a byte of the head. */
  _byte(at: number): number;
  /** The file's outputs, in order. */
  _outputs: ArrayLike<number>[];
  /** Threshold that replaces D_THRESHOLD, where it is given. */
  _threshold?: number;
}

/** Arrays that answers are read in, taken once. */
export interface Scratch {
  /** Order of boxes, or cells. */
  _order: Uint16Array;
  _scores: Uint16Array;
  /** KEPT_BYTES each: top, left, bottom, right, class. */
  _kept: Int32Array;
}

/** A class or an object, in the file's own numbers. */
export interface Found {
  index: number;
  /** Score in the output's own values: D_SCORE_ZERO and D_SCORE_STEP give its meaning. */
  score: number;
  /** Sixteenths of a pixel of the input, from its top left corner. */
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Which part of a frame becomes which part of a model's input, and back. */

export interface Size {
  width: number;
  height: number;
}

export interface Rectangle extends Size {
  left: number;
  top: number;
}

/**
 * crop: the largest part in the middle of the frame that has the input's aspect ratio. letterbox: the whole frame, as large
 * as the input holds it, in its middle; pixels of 0 stand beside it.
 */
export const FITS = ['crop', 'letterbox'] as const;
export type FitName = (typeof FITS)[number];

export interface Fit {
  /** The part of the frame that is used, in frame pixels. */
  part: Rectangle;
  /** The part of the input that it fills, in input pixels. */
  place: Rectangle;
}

/** The size of a frame or an input, at most: products of two stay below 2^32. */
export const LARGEST_SIDE = 65535;
/** Largest factor of shrinking: sums of weights and values stay below 2^32. */
export const MOST_SHRINKING = 256;

export function fitFrame(frame: Size, input: Size, fit: FitName): Fit {
  const whole = ({ width, height }: Size): Rectangle => ({ left: 0, top: 0, width, height });
  return fit === 'crop'
    ? { part: middle(frame, input), place: whole(input) }
    : { part: whole(frame), place: middle(input, frame) };
}

/** Whether docs/pictures.md has an answer for it. */
export function isPossible({ part, place }: Fit): boolean {
  return part.width <= MOST_SHRINKING * place.width && part.height <= MOST_SHRINKING * place.height;
}

/** The largest part of `size` in whole pixels that has the aspect ratio of `shape`, in the middle. */
function middle(size: Size, shape: Size): Rectangle {
  const width = Math.max(1, Math.min(size.width, rounded(size.height * shape.width, shape.height)));
  const height = Math.max(1, Math.min(size.height, rounded(size.width * shape.height, shape.width)));
  return { left: (size.width - width) >> 1, top: (size.height - height) >> 1, width, height };
}

/** A box in units of 1/16 pixel. */
export interface Box extends Size {
  x: number;
  y: number;
}

/** A box in the input, in 1/16 of its pixels, as a box in the frame, in 1/16 of the frame's. It is not cut off anywhere. */
export function toFrame({ part, place }: Fit, { x, y, width, height }: Box): Box {
  const across = (at: number): number => 16 * part.left + rounded((at - 16 * place.left) * part.width, place.width);
  const down = (at: number): number => 16 * part.top + rounded((at - 16 * place.top) * part.height, place.height);
  const [left, top] = [across(x), down(y)];
  return { x: left, y: top, width: across(x + width) - left, height: down(y + height) - top };
}

/** a / b, halves up: of integers below 2^52, exactly. */
function rounded(a: number, b: number): number {
  const whole = Math.floor(a / b);
  const rest = a - whole * b;
  return rest >= b - rest ? whole + 1 : whole;
}

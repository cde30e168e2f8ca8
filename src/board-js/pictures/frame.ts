/** Frames of cameras and screens, and which part of one becomes which part of the input: docs/pictures.md. */
import { fail } from '../fail.js';
import { floor, max, min } from '../powers.js';

/** A program's description of the bytes of a frame. */
export interface FrameShape {
  width: number;
  height: number;
  /** One of FORMATS. */
  format: string;
  /** `letterbox`: all of the frame, between black bars. Else the largest part in its middle that has the input's shape. */
  fit?: string;
}

const GREY = 0;
const RGB565 = 1;
const RGB888 = 3;
const YUYV = 4;
const FORMATS = ['grey', 'rgb565', 'rgb565be', 'rgb888', 'yuyv', 'uyvy'];

/** Index of a format. Throws FRAME. */
export function formatOf(shape: FrameShape): number {
  const format = FORMATS.indexOf(shape.format);
  if (format < 0) fail('FRAME', shape.format);
  return format;
}

/** Bytes of a row. */
export function frameRowBytes(format: number, width: number): number {
  if (format >= YUYV) return ((width + 1) >> 1) * 4;
  return format === GREY ? width : format === RGB888 ? 3 * width : 2 * width;
}

/** 1 where luma is all that is wanted or all there is. */
export function planesOf(format: number, channels: number): number {
  return format === GREY ? 1 : channels;
}

function clamped(value: number): number {
  return max(0, min(255, value));
}

/** Pixel x of the row that begins at `row`, as planes of 0..255. */
export function unpack(
  frame: ArrayLike<number>,
  format: number,
  planes: number,
  row: number,
  x: number,
  to: Uint8Array,
): void {
  let red: number;
  let green: number;
  let blue: number;
  if (format === GREY) {
    to[0] = frame[row + x];
    return;
  }
  if (format >= YUYV) {
    // Which byte of two is luma.
    const y = format - YUYV;
    const pair = row + 4 * (x >> 1);
    const luma = frame[pair + y + 2 * (x & 1)];
    if (planes === 1) {
      to[0] = luma;
      return;
    }
    const u = frame[pair + 1 - y] - 128;
    const v = frame[pair + 3 - y] - 128;
    red = clamped(luma + ((91881 * v + 32768) >> 16));
    green = clamped(luma + ((-22554 * u - 46802 * v + 32768) >> 16));
    blue = clamped(luma + ((116130 * u + 32768) >> 16));
  } else if (format === RGB888) {
    red = frame[row + 3 * x];
    green = frame[row + 3 * x + 1];
    blue = frame[row + 3 * x + 2];
  } else {
    const low = format - RGB565;
    const word = (frame[row + 2 * x + 1 - low] << 8) | frame[row + 2 * x + low];
    red = word >> 11;
    green = (word >> 5) & 63;
    blue = word & 31;
    red = (red << 3) | (red >> 2);
    green = (green << 2) | (green >> 4);
    blue = (blue << 3) | (blue >> 2);
  }
  if (planes === 1) {
    to[0] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
  } else {
    to[0] = red;
    to[1] = green;
    to[2] = blue;
  }
}

/** One direction of a fit: pixels [_part, _part + _from) of the frame become [_place, _place + _to) of the input. */
export interface Range {
  _part: number;
  _from: number;
  _place: number;
  _to: number;
}

/** a / b, halves up. */
function rounded(a: number, b: number): number {
  const whole = floor(a / b);
  return a - whole * b >= b - (a - whole * b) ? whole + 1 : whole;
}

const MOST_SHRINKING = 256;

/**
 * One direction of frame and input, given what it is across to it in both. Throws FRAME where the frame is more than
 * MOST_SHRINKING times as large.
 */
export function rangeOf(
  frame: number,
  input: number,
  frameAcross: number,
  inputAcross: number,
  shape: FrameShape,
): Range {
  let from = frame;
  let to = input;
  if (shape.fit === 'letterbox') to = max(1, min(input, rounded(inputAcross * frame, frameAcross)));
  else from = max(1, min(frame, rounded(frameAcross * input, inputAcross)));
  if (!(frame > 0 && frame < 65536) || from > MOST_SHRINKING * to) fail('FRAME', frame);
  return { _part: (frame - from) >> 1, _from: from, _place: (input - to) >> 1, _to: to };
}

/** A place in the input as one in the frame, both in 1/16 pixel. */
export function toFrame(range: Range, at: number): number {
  return 16 * range._part + rounded((at - 16 * range._place) * range._from, range._to);
}

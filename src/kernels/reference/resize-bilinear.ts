/**
 * Bilinear resizing in integers. Along each axis, an output pixel stands at place = i * distance + start, in 1/1024 input pixel,
 * between the pixels floor(place / 1024) and ceil(place / 1024), as far as these are inside:
 *
 *   out = (sum over the four pixels of in * (1 - |distance|) * (1 - |distance|)) / 2^20, rounded, halves away from zero
 *
 * Single rounding takes halves up, and so do legacy uint8 values, which are positive.
 * Source: tflite-micro, kernels/internal/reference/resize_bilinear.h (ResizeBilinearInteger). TFLite's builtin kernel for uint8
 * works in float32 and may differ by 2. Where the rounded distance leads beyond the last pixel, TFLite reads what stands behind
 * the tensor; here it is the last pixel.
 */
import type { Bytes } from './bytes.js';
import type { Rounding } from './fixedpoint.js';

/** In 1/1024 of an input pixel. */
export interface Places {
  /** From one output pixel to the next. */
  distance: number;
  /** Place of the first output pixel. */
  start: number;
}

export interface ResizeParameters {
  inputHeight: number;
  inputWidth: number;
  outputHeight: number;
  outputWidth: number;
  channels: number;
  rows: Places;
  columns: Places;
}

const UNIT = 1024;

/** Where the pixels of an axis of `output` pixels stand in one of `input` pixels. */
export function bilinearPlaces(
  input: number,
  output: number,
  { alignCorners, halfPixelCenters }: { alignCorners: boolean; halfPixelCenters: boolean },
): Places {
  const [from, to] = alignCorners && output > 1 ? [input - 1, output - 1] : [input, output];
  const distance = Math.floor((UNIT * from + Math.floor(to / 2)) / to);
  return { distance, start: halfPixelCenters ? Math.floor(distance / 2) - UNIT / 2 : 0 };
}

export function resizeBilinear(input: Bytes, output: Bytes, p: ResizeParameters, rounding: Rounding = 'double'): void {
  const up = rounding === 'single' || output instanceof Uint8Array;
  let out = 0;
  for (let y = 0; y < p.outputHeight; y++) {
    const row = neighbours(y, p.rows, p.inputHeight);
    for (let x = 0; x < p.outputWidth; x++) {
      const column = neighbours(x, p.columns, p.inputWidth);
      for (let c = 0; c < p.channels; c++) {
        const at = (inY: number, inX: number) => input[(inY * p.inputWidth + inX) * p.channels + c];
        const between = (inY: number) =>
          at(inY, column.before) * (UNIT - column.part) + at(inY, column.behind) * column.part;
        const sum = between(row.before) * (UNIT - row.part) + between(row.behind) * row.part;
        const half = up || sum > 0 ? 2 ** 19 : -(2 ** 19);
        output[out++] = up ? Math.floor((sum + half) / 2 ** 20) : Math.trunc((sum + half) / 2 ** 20);
      }
    }
  }
}

/** The pixels before and behind a place, and the part of the latter, in 1/1024. */
function neighbours(i: number, { distance, start }: Places, length: number) {
  const place = i * distance + start;
  const inside = (pixel: number) => Math.min(length - 1, Math.max(0, pixel));
  const before = inside(Math.floor(place / UNIT));
  return { before, behind: inside(Math.ceil(place / UNIT)), part: place - before * UNIT };
}

/** From real values and from pixels to the bytes of a model's input. */
import type { Tensor } from '../graph/graph.js';
import { quantizeFloat } from '../kernels/reference/float-edges.js';

/** What is known of a model's input; src/program/program.ts and src/format/read.ts both have it. */
export interface InputPort {
  name?: string;
  /** Batch 1 first, then height, width, channels for pictures. */
  shape: readonly number[];
  /** Of the bytes that the engines take. */
  dtype: 'int8' | 'uint8';
  scale: number;
  zeroPoint: number;
  /** The model's own input is float32 and a QUANTIZE follows it: raw files hold float32 values. */
  float32?: boolean;
}

/** clamp(round(value / scale) + zero point), halves away from zero, as TFLite's QUANTIZE does it. */
export function quantizeValues(values: Float32Array, port: InputPort): Uint8Array {
  const { dtype, scale, zeroPoint } = port;
  const output = dtype === 'int8' ? new Int8Array(values.length) : new Uint8Array(values.length);
  const quantization = { scale: [scale], zeroPoint: [zeroPoint], axis: 0 };
  const to: Tensor = { index: 0, name: 'input', shape: [values.length], dtype, quantization };
  quantizeFloat(values, output, to);
  return new Uint8Array(output.buffer);
}

export interface PixelMapping {
  /** Raw byte of the model's input for each pixel value 0..255. */
  bytes: Uint8Array;
  /** What was done, in words. */
  rule: string;
  /** The model's range is like none of the usual ones: the mapping is a guess, and the user should be told. */
  guess: boolean;
}

/** What training code makes of the pixels 0..255. */
const CONVENTIONS: readonly { low: number; high: number; real: (pixel: number) => number }[] = [
  { low: 0, high: 1, real: (pixel) => pixel / 255 },
  { low: -1, high: 1, real: (pixel) => pixel / 127.5 - 1 },
  { low: 0, high: 255, real: (pixel) => pixel },
  { low: -128, high: 127, real: (pixel) => pixel - 128 },
];

/** Distance of both ends together, as a share of the wider of the two ranges, from which on a mapping is a guess. */
const GUESS = 0.25;

/**
 * How pixels become values of a model, told from the range of real values that its scale and zero point can represent:
 *
 * 1. It is [0, 1], [-1, 1], [0, 255] or [-128, 127], both ends within one step (one scale): the 256 levels of the model
 *    are the 256 levels of a pixel. uint8 models take the pixel, int8 models take pixel - 128. That holds for
 *    (pixel - 128) / 128, (pixel - 127.5) / 127.5 and (pixel - 127) / 127.5 alike, which differ by less than a step.
 * 2. It is near one of the four (the distances of the ends added up, as a share of the wider range): pixels become real
 *    values of that range, which are quantised with scale and zero point.
 * 3. Else level for level again, as a guess: pixels normalised by the mean and deviation of a data set reach the ends of
 *    the range that calibration saw.
 */
export function pixelMapping(port: InputPort): PixelMapping {
  const { scale, zeroPoint, dtype } = port;
  const lowest = dtype === 'int8' ? -128 : 0;
  const low = scale * (lowest - zeroPoint);
  const high = scale * (lowest + 255 - zeroPoint);
  const levels = {
    bytes: Uint8Array.from({ length: 256 }, (_, pixel) => pixel + lowest),
    rule: dtype === 'int8' ? 'pixel - 128' : 'pixel as it is',
  };
  const step = 1.01 * scale;
  const same = CONVENTIONS.some((c) => Math.abs(c.low - low) <= step && Math.abs(c.high - high) <= step);
  if (same) return { ...levels, guess: false };
  const distance = (c: (typeof CONVENTIONS)[number]): number =>
    (Math.abs(c.low - low) + Math.abs(c.high - high)) / Math.max(c.high - c.low, high - low);
  const nearest = CONVENTIONS.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  if (distance(nearest) > GUESS) {
    const range = `[${Number(low.toPrecision(4))}, ${Number(high.toPrecision(4))}]`;
    const rule = `${levels.rule}, a guess: the model takes ${range}; an .npy of real values is certain`;
    return { ...levels, rule, guess: true };
  }
  const bytes = quantizeValues(
    Float32Array.from({ length: 256 }, (_, pixel) => nearest.real(pixel)),
    port,
  );
  const rule = `pixels mapped to [${nearest.low}, ${nearest.high}], then quantised (scale ${scale}, zero point ${zeroPoint})`;
  return { bytes, rule, guess: false };
}

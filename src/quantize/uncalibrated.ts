/** A float graph in int8 before anyone has calibrated it, so that it can be priced, bundled and tried. */

import { graphCost } from '../analysis/cost.js';
import { DepthwiseError } from '../errors.js';
import { mostWork } from '../format/check-steps.js';
import type { Graph } from '../graph/graph.js';
import { hwc } from '../graph/graph.js';
import { random16 } from '../mobilenet/random.js';
import { calibrate } from './calibrate.js';
import { ownMap } from './own-scales.js';
import { DEFAULT_PIXEL_RANGE, pixelMap, realValues } from './pixels.js';
import { quantizeGraph } from './quantize.js';

/**
 * The int8 graph of a float graph all of whose activations bring their maps along: nothing is left to calibrate. QuantizeLinear
 * rounds once. Throws MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_TOO_LARGE.
 */
export function quantizeAsScaled(float: Graph): Graph {
  const none = float.tensors.map(() => ({ low: 0, high: 0 }));
  return { ...quantizeGraph(float, none, []), rounding: 'single' };
}

/**
 * The int8 graph whose activations have the ranges that seeded random pictures give them; `uncalibrated` is set. Weights,
 * shapes and so the costs are those that calibration will leave. Inputs are read as `depthwise quantize` reads them
 * where nothing else is said: pixel 0 is 0, pixel 255 is 1 (255 in models that take uint8). Throws MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_TOO_LARGE.
 */
export function quantizeUncalibrated(float: Graph): Graph {
  const { macs, params } = graphCost(float);
  // The limit is that of a .dw file, in which every weight is a byte.
  const most = mostWork(params);
  if (macs > most) {
    throw new DepthwiseError(
      'MODEL_TOO_LARGE',
      `Model "${float.name}": ${macs} multiply-accumulates; with ${params} parameters ${most} at most. Make the input or the layers smaller.`,
    );
  }
  const pixels = pixelMap(float.pixelRange ?? DEFAULT_PIXEL_RANGE);
  const maps = float.inputs.map((index) => ownMap(float.tensors[index]) ?? pixels);
  const samples = randomPictures(float).map((inputs) => inputs.map((bytes, i) => realValues(bytes, maps[i])));
  const ranges = calibrate(float, samples);
  return { ...quantizeGraph(float, ranges, maps), uncalibrated: float };
}

/** Each picture has squares with an edge this many times that of the one before. */
const COARSER = 4;

/**
 * int8 bytes for all inputs, picture by picture: squares of random colours, from single pixels to one that fills the largest
 * input. Noise alone would average out in the first layers; real pictures have larger areas.
 */
function randomPictures({ tensors, inputs }: Graph): Uint8Array[][] {
  const shapes = inputs.map((index) => hwc(tensors[index].shape));
  const largest = Math.max(...shapes.map(([height, width]) => Math.max(height, width)));
  const next = random16(0);
  const pictures: Uint8Array[][] = [];
  for (let edge = 1; edge < COARSER * largest; edge *= COARSER) {
    pictures.push(shapes.map((shape) => squares(shape, edge, next)));
  }
  return pictures;
}

function squares([height, width, channels]: readonly number[], edge: number, next: () => number): Uint8Array {
  const across = Math.ceil(width / edge);
  const colours = Uint8Array.from({ length: Math.ceil(height / edge) * across * channels }, () => next() >>> 8);
  return Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    const [row, column] = [Math.floor(pixel / width / edge), Math.floor((pixel % width) / edge)];
    return colours[(row * across + column) * channels + channel];
  });
}

/** Each pixel's channels divided by their Euclidean norm. */

import { viewSize } from '../program/program.js';
import type { StepKind } from './kind.js';
import { NO_SCRATCH, PLAIN, sameShape, valuesMoved, windowRows } from './plain.js';

/** wasm3 ops of a pixel, most of them for the square root, and of a value. */
const PIXEL_OPS = 400;
const VALUE_OPS = 58;
/** So many squares of differences of bytes have a sum below 2^31. */
const MOST_CHANNELS = 2 ** 15;

export const l2Normalize: StepKind = {
  ...PLAIN,
  name: 'L2 normalize',
  full: true,
  inputRows: windowRows,
  scratch: NO_SCRATCH,
  ops: ({ output }, rows) =>
    100 * Math.ceil(output.height / rows) + output.height * output.width * (PIXEL_OPS + VALUE_OPS * output.channels),
  check: (step) => {
    sameShape(step);
    const { channels } = step.record.input;
    if (channels > MOST_CHANNELS) step.refuse(`${channels} channels`, `${MOST_CHANNELS} at most`);
    return valuesMoved(step);
  },
  // An addition rescales three times, this once; the square root's products are as many as a dozen values'.
  work: ({ output }) => ({ meanValue: viewSize(output), add: viewSize(output) + 12 * output.height * output.width }),
};

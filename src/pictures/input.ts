/** From a frame to the bytes of a model's input, as docs/pictures.md specifies it for every engine. */
import { DepthwiseError } from '../errors.js';
import { type Fit, type FitName, fitFrame, isPossible, LARGEST_SIDE, MOST_SHRINKING, type Size } from './fit.js';
import { type Frame, planesOf, unpackRow } from './frame.js';
import { resample } from './resample.js';

/** Size, channels and pixel mapping of a model's input. */
export interface PictureInput extends Size {
  channels: 1 | 3;
  /** Its byte for each pixel value 0..255. */
  bytes: Uint8Array;
}

/**
 * The bytes of the input, row by row, and which part of the frame is in them.
 * @param place names the frame in messages.
 * @throws DepthwiseError PICTURE_INVALID where the frame is more than MOST_SHRINKING times as large as the input.
 */
export function frameToInput(
  frame: Frame,
  input: PictureInput,
  fitName: FitName,
  place: string,
): { bytes: Uint8Array; fit: Fit } {
  const fit = fitFrame(frame, input, fitName);
  if (Math.max(frame.width, frame.height) > LARGEST_SIDE || !isPossible(fit)) {
    throw new DepthwiseError(
      'PICTURE_INVALID',
      `${place} has ${frame.width}x${frame.height} pixels, the model takes ${input.width}x${input.height}: expected ` +
        `at most ${LARGEST_SIDE} a side, and ${MOST_SHRINKING} times the model's. Make the picture smaller first.`,
    );
  }
  const planes = planesOf(frame.format, input.channels);
  const { part } = fit;
  const row = (y: number): Uint8Array => unpackRow(frame, part.top + y, part.left, part.width, planes);
  const pixels = resample(row, part, fit.place, planes);

  const bytes = new Uint8Array(input.height * input.width * input.channels).fill(input.bytes[0]);
  for (let y = 0; y < fit.place.height; y++) {
    for (let x = 0; x < fit.place.width; x++) {
      const from = (y * fit.place.width + x) * planes;
      const to = ((fit.place.top + y) * input.width + fit.place.left + x) * input.channels;
      for (let c = 0; c < input.channels; c++) bytes[to + c] = input.bytes[pixels[from + (planes === 1 ? 0 : c)]];
    }
  }
  return { bytes, fit };
}

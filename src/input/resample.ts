/**
 * A picture brought to the size of a model's input: the largest central part that has the model's aspect ratio, then a
 * triangle filter. Where the picture shrinks, the filter is as wide as the step from one output pixel to the next (no
 * aliasing); where it grows, that is bilinear interpolation with half-pixel centres. Equal sizes leave every pixel as
 * it is. Pillow's crop() and resize(BILINEAR) do the same, up to the rounding between its two passes.
 */
import type { Picture } from './raster.js';

export interface Crop {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The largest part in whole pixels with the aspect ratio of width x height, in the middle. */
export function centralCrop(picture: { width: number; height: number }, width: number, height: number): Crop {
  const cropWidth = Math.max(1, Math.min(picture.width, Math.round((picture.height * width) / height)));
  const cropHeight = Math.max(1, Math.min(picture.height, Math.round((picture.width * height) / width)));
  return {
    left: Math.floor((picture.width - cropWidth) / 2),
    top: Math.floor((picture.height - cropHeight) / 2),
    width: cropWidth,
    height: cropHeight,
  };
}

/** Central crop and resampling. Values are rounded once, at the end, halves up. */
export function fitPicture(picture: Picture, width: number, height: number): Picture {
  const { channels, data } = picture;
  const crop = centralCrop(picture, width, height);
  const columns = taps(crop.width, width);
  const rows = taps(crop.height, height);

  const narrow = new Float64Array(crop.height * width * channels);
  for (let y = 0; y < crop.height; y++) {
    const row = ((crop.top + y) * picture.width + crop.left) * channels;
    columns.forEach(({ first, weights }, x) => {
      for (let c = 0; c < channels; c++) {
        let value = 0;
        for (let i = 0; i < weights.length; i++) value += weights[i] * data[row + (first + i) * channels + c];
        narrow[(y * width + x) * channels + c] = value;
      }
    });
  }
  const result = new Uint8Array(height * width * channels);
  const rowLength = width * channels;
  rows.forEach(({ first, weights }, y) => {
    for (let x = 0; x < rowLength; x++) {
      let value = 0;
      for (let i = 0; i < weights.length; i++) value += weights[i] * narrow[(first + i) * rowLength + x];
      // Weights add up to 1 within 1e-15, which must not turn a half into a little less.
      result[y * rowLength + x] = Math.floor(value + 0.5 + 1e-9);
    }
  });
  return { width, height, channels, data: result };
}

/** Input pixels that an output pixel is made of: the first one, and the weights of it and the next ones. */
interface Taps {
  first: number;
  weights: Float64Array;
}

function taps(from: number, to: number): Taps[] {
  const step = from / to;
  const support = Math.max(1, step);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * step - 0.5;
    // Pixels at the very end of the support have weight 0.
    const first = Math.max(0, Math.floor(centre - support) + 1);
    const last = Math.min(from - 1, Math.ceil(centre + support) - 1);
    const weights = Float64Array.from({ length: last - first + 1 }, (_, k) => support - Math.abs(first + k - centre));
    const total = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}

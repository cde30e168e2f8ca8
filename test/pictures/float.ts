/**
 * The triangle filter in floating point, rounded once, at the end: what the integers of src/pictures are held against.
 * Pillow's resize(BILINEAR) does the same, up to the rounding between its two passes.
 */

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

interface Size {
  width: number;
  height: number;
}

/** Planes of a whole picture, pixel by pixel; values are rounded halves up. */
export function resampleInFloat(data: Uint8Array, from: Size, to: Size, planes: number): Uint8Array {
  const columns = taps(from.width, to.width);
  const rowLength = to.width * planes;
  const narrow = new Float64Array(from.height * rowLength);
  for (let y = 0; y < from.height; y++) {
    for (const [x, { first, weights }] of columns.entries()) {
      for (let c = 0; c < planes; c++) {
        let value = 0;
        for (let i = 0; i < weights.length; i++) {
          value += weights[i] * data[(y * from.width + first + i) * planes + c];
        }
        narrow[y * rowLength + x * planes + c] = value;
      }
    }
  }
  const result = new Uint8Array(to.height * rowLength);
  for (const [y, { first, weights }] of taps(from.height, to.height).entries()) {
    for (let x = 0; x < rowLength; x++) {
      let value = 0;
      for (let i = 0; i < weights.length; i++) value += weights[i] * narrow[(first + i) * rowLength + x];
      // Weights add up to 1 within 1e-15, which must not turn a half into a little less.
      result[y * rowLength + x] = Math.floor(value + 0.5 + 1e-9);
    }
  }
  return result;
}

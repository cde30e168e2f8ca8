/** From pixels 0..255 to the bytes of a model's input. */

/** Quantisation of a model's input. */
export interface Quantised {
  /** Type of the bytes that the engines take. */
  dtype: 'int8' | 'uint8';
  scale: number;
  zeroPoint: number;
}

/** value = clamp((multiplier * pixel + offset) >> 16): what a .dw file says of an input. */
export interface PixelMap {
  multiplier: number;
  offset: number;
}

export interface PixelMapping extends PixelMap {
  /** The mapping in words. */
  rule: string;
  /** The model's range is like none of the usual ones: the mapping is a guess, and the user should be told. */
  guess: boolean;
}

/** Real values of the pixels 0 and 255, as training code makes them. */
const CONVENTIONS: readonly { low: number; high: number }[] = [
  { low: 0, high: 1 },
  { low: -1, high: 1 },
  { low: 0, high: 255 },
  { low: -128, high: 127 },
];

/** Distance of both ends together, as a share of the wider of the two ranges, from which on a mapping is a guess. */
const GUESS = 0.25;

const ONE = 65536;

const lowestOf = ({ dtype }: Pick<Quantised, 'dtype'>): number => (dtype === 'int8' ? -128 : 0);

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
export function pixelMapping(port: Quantised): PixelMapping {
  const { scale, zeroPoint, dtype } = port;
  const lowest = lowestOf(port);
  const low = scale * (lowest - zeroPoint);
  const high = scale * (lowest + 255 - zeroPoint);
  const levels = {
    multiplier: ONE,
    offset: lowest * ONE,
    rule: dtype === 'int8' ? 'pixel - 128' : 'pixel as it is',
  };
  const step = 1.01 * scale;
  const same = CONVENTIONS.some((c) => Math.abs(c.low - low) <= step && Math.abs(c.high - high) <= step);
  if (same) return { ...levels, guess: false };
  const distance = (c: (typeof CONVENTIONS)[number]): number =>
    (Math.abs(c.low - low) + Math.abs(c.high - high)) / Math.max(c.high - c.low, high - low);
  const nearest = CONVENTIONS.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  // Not a number where the scale is none.
  if (!(distance(nearest) <= GUESS)) {
    const range = `[${Number(low.toPrecision(4))}, ${Number(high.toPrecision(4))}]`;
    const rule = `${levels.rule}, a guess: the model takes ${range}; an .npy of real values is certain`;
    return { ...levels, rule, guess: true };
  }
  const fixed = (value: number): number => Math.round(ONE * value);
  return {
    multiplier: fixed((nearest.high - nearest.low) / 255 / scale),
    // Half a step, so that shifting rounds.
    offset: fixed(nearest.low / scale + zeroPoint) + ONE / 2,
    rule: `pixels mapped to [${nearest.low}, ${nearest.high}], then quantised (scale ${scale}, zero point ${zeroPoint})`,
    guess: false,
  };
}

/** Raw byte of the model's input for each pixel value 0..255. */
export function pixelBytes({ multiplier, offset }: PixelMap, dtype: Quantised['dtype']): Uint8Array {
  const lowest = lowestOf({ dtype });
  return Uint8Array.from({ length: 256 }, (_, pixel) =>
    Math.min(lowest + 255, Math.max(lowest, (multiplier * pixel + offset) >> 16)),
  );
}

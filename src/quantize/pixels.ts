/** How input bytes map to the real values of a float model. */
import { DepthwiseError } from '../errors.js';
import type { Affine } from './affine.js';

/** Real values of pixel 0 and pixel 255: 0 and 1 is what most training scripts (PyTorch's ToTensor) feed. */
export const DEFAULT_PIXEL_RANGE: PixelRange = { black: 0, white: 1 };

export interface PixelRange {
  black: number;
  white: number;
}

/** `LOW,HIGH`. Throws USAGE. */
export function parsePixelRange(text: string): PixelRange {
  const [black, white, ...rest] = text.split(',').map(Number);
  if (rest.length === 0 && Number.isFinite(black) && Number.isFinite(white) && white > black) return { black, white };
  throw new DepthwiseError(
    'USAGE',
    `--input-range ${text}: expected LOW,HIGH, the real values of pixel 0 and pixel 255, for example 0,1 or -1,1.`,
  );
}

/**
 * The map of the input tensor for which int8 is pixel - 128: for 0 to 1 that is scale 1/255, zero point -128. Zero
 * points are integers, so that for -1 to 1 all real values stand half a pixel off. Throws USAGE where no int8 zero
 * point exists: 0 must lie between black and white.
 */
export function pixelMap({ black, white }: PixelRange): Affine {
  const scale = Math.fround((white - black) / 255);
  const zeroPoint = Math.round(-128 - black / scale);
  if (scale > 0 && zeroPoint >= -128 && zeroPoint <= 127) return { scale, zeroPoint };
  throw new DepthwiseError(
    'USAGE',
    `--input-range ${black},${white}: 0 is not between them, so that padding would have no value. Expected LOW <= 0 <= HIGH.`,
  );
}

/** The real values of pixel 0 and pixel 255, where int8 is pixel - 128. */
export function rangeOf({ scale, zeroPoint }: Affine): PixelRange {
  return { black: scale * (-128 - zeroPoint), white: scale * (127 - zeroPoint) };
}

/** The real values of int8 bytes. */
export function realValues(bytes: Uint8Array, { scale, zeroPoint }: Affine): Float32Array {
  return Float32Array.from(bytes, (byte) => scale * (((byte << 24) >> 24) - zeroPoint));
}

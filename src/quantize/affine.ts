/** Ranges of real values, and the int8 values that stand for them. */
import { usableScale } from './weights.js';

/** Lowest and highest value of a tensor; 0 is always inside, so that padding has a value of its own. */
export interface Range {
  low: number;
  high: number;
}

/** real = scale * (int8 - zeroPoint); scale is a float32 value. */
export interface Affine {
  scale: number;
  zeroPoint: number;
}

/** The map whose int8 -128 is `low` and 127 is `high`, shifted by less than a step so that 0 is a value. */
export function affine({ low, high }: Range): Affine {
  const scale = usableScale((high - low) / 255);
  const zeroPoint = Math.max(-128, Math.min(127, Math.round(-128 - low / scale)));
  return { scale, zeroPoint };
}

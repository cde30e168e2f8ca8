/** Counts right answers of an int8 digit model. */
import type { Digit } from './digits.js';

/** `run`: 784 int8 bytes, pixel - 128, to ten int8 scores. The first of equal scores is the answer. */
export function countRight(digits: readonly Digit[], run: (input: Uint8Array) => Uint8Array): number {
  return digits.filter(({ pixels, label }) => {
    const scores = [...run(pixels.map((pixel) => pixel - 128))].map((byte) => (byte << 24) >> 24);
    return scores.indexOf(Math.max(...scores)) === label;
  }).length;
}

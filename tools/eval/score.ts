/** Counts right answers of an int8 classifier. */
import { int8Pixels, type Sample } from './sample.js';

/** `run`: int8 pixels to int8 scores, one for each class. The first of equal scores is the answer. */
export function countRight(samples: readonly Sample[], run: (input: Uint8Array) => Uint8Array): number {
  return samples.filter((sample) => {
    const scores = [...run(int8Pixels(sample))].map((byte) => (byte << 24) >> 24);
    return scores.indexOf(Math.max(...scores)) === sample.label;
  }).length;
}

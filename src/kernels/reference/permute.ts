/**
 * Values in another order. Output values are counted by loops, the last of which runs fastest:
 *
 *   out[(i0 * count1 + i1) * count2 + i2 ...] = in[i0 * step0 + i1 * step1 + i2 * step2 ...]
 *
 * What transpositions, blocks to channels and back have in common.
 */
import type { Moved } from './gather.js';

export function permute(input: Moved, output: Moved, loops: readonly { count: number; step: number }[]): void {
  for (let i = 0; i < output.length; i++) {
    let [rest, from] = [i, 0];
    for (const { count, step } of [...loops].reverse()) {
      from += (rest % count) * step;
      rest = Math.floor(rest / count);
    }
    output[i] = input[from];
  }
}

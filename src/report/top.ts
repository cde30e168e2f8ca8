/** The answer of a classifier in words. */
import type { DType } from '../graph/graph.js';

export interface TopClass {
  index: number;
  label: string | null;
  /** Real value: scale * (output - zero point). */
  score: number;
}

/** Raw tensor bytes as numbers. */
export function values(bytes: Uint8Array, dtype: DType): number[] {
  if (dtype === 'uint8') return [...bytes];
  if (dtype === 'float32') return [...new Float32Array(bytes.slice().buffer)];
  return [...new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)];
}

/** The `count` highest values, highest first; of equal ones the first class wins. */
export function topClasses(
  output: readonly number[],
  { scale, zeroPoint }: { scale: number; zeroPoint: number },
  labels: readonly string[] = [],
  count = 5,
): TopClass[] {
  return output
    .map((value, index) => ({ value, index }))
    .sort((a, b) => b.value - a.value || a.index - b.index)
    .slice(0, count)
    .map(({ value, index }) => ({ index, label: labels[index] ?? null, score: scale * (value - zeroPoint) }));
}

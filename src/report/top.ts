/** The answer of a classifier in words. */
import type { DType } from '../graph/graph.js';

export interface TopClass {
  index: number;
  label: string | null;
  /** Real value: scale * (output - zero point); null of a class that the model has chosen itself. */
  score: number | null;
}

/** Raw tensor bytes as numbers. */
export function values(bytes: Uint8Array, dtype: DType): number[] {
  if (dtype === 'uint8') return [...bytes];
  if (dtype === 'int32') return [...new Int32Array(bytes.slice().buffer)];
  if (dtype === 'int64') return Array.from(new BigInt64Array(bytes.slice().buffer), Number);
  if (dtype === 'float32') return [...new Float32Array(bytes.slice().buffer)];
  return [...new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)];
}

/** The class that a model answers with, where its one value is that; no class where it is a map of them. */
export function chosenClass(output: readonly number[], labels: readonly string[] = []): TopClass[] {
  return output.length === 1 ? [{ index: output[0], label: labels[output[0]] ?? null, score: null }] : [];
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

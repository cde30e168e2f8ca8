/** A picture and what is on it. */
export interface Sample {
  /** Bytes 0 to 255, row by row, pixel by pixel, channel by channel (HWC). */
  pixels: Uint8Array;
  label: number;
}

/** Every n-th sample, so that `count` are left, spread over all classes. */
export function spread<T>(samples: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => samples[Math.floor((i * samples.length) / count)]);
}

/** The input of a model that takes int8 pixels: pixel - 128. */
export function int8Pixels({ pixels }: Sample): Uint8Array {
  return pixels.map((pixel) => pixel - 128);
}

/** Addends of a memory, each with its source. */
import type { Figure, FigureKind } from '../boards/target.js';

/** bytes is null where nobody knows it. */
export interface Part {
  bytes: number | null;
  source: FigureKind | null;
  from: string | null;
}

export type RamPart = 'arena' | 'scratch' | 'state' | 'compiledCode' | 'runtime' | 'nativeStack';

export const counted = (bytes: number, from: string): Part => ({ bytes, source: 'counted', from });
export const UNKNOWN: Part = { bytes: null, source: null, from: null };
export const NONE = counted(0, 'not used by this runtime');

export function given(figure: Figure | null | undefined): Part {
  return figure ? { bytes: figure.value, source: figure.kind, from: figure.source } : UNKNOWN;
}

/** The end that a verdict takes: a memory that is too small does not fail, it overwrites. */
export const upper = (figure: Figure): number => figure.high ?? figure.value;

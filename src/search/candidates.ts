/** The networks that are searched: MobileNetV1 in every combination of width, resolution and depth. */
import { type MobileNetSpec, mobileNet, PAIRS, specName } from '../mobilenet/topology.js';

export interface Grid {
  /** Width multipliers. */
  alphas: readonly number[];
  /** Height and width of the input: the resolution multiplier. */
  sizes: readonly number[];
  /** Depthwise separable pairs, 1 to 13. */
  depths: readonly number[];
}

/** Sixteenths keep the paper's channel counts whole: 2,080 networks. */
export const DEFAULT_GRID: Grid = {
  alphas: Array.from({ length: 16 }, (_, i) => (i + 1) / 16),
  sizes: [32, 48, 64, 80, 96, 112, 128, 160, 192, 224],
  depths: PAIRS.map((_, i) => i + 1),
};

export interface Candidate {
  /** The MODEL argument that other commands take for it. */
  model: string;
  alpha: number;
  size: number;
  depth: number;
  /** Top-1, 0 to 1, where it is known. */
  accuracy?: number;
}

/** The task that all candidates share. */
export interface Task {
  classes: number;
  channels: number;
}

export function specOf({ alpha, size, depth }: Omit<Candidate, 'model'>, { classes, channels }: Task): MobileNetSpec {
  return mobileNet({ alpha, input: [size, size, channels], classes, depth }, `alpha ${alpha}, size ${size}`);
}

/** @throws DepthwiseError USAGE where a number is out of range. */
export function candidate(of: Omit<Candidate, 'model'>, task: Task): Candidate {
  return { model: specName(specOf(of, task)), ...of };
}

export function candidates({ alphas, sizes, depths }: Grid, task: Task): Candidate[] {
  return alphas.flatMap((alpha) =>
    sizes.flatMap((size) => depths.map((depth) => candidate({ alpha, size, depth }, task))),
  );
}

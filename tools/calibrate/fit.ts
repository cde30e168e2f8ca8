/** Least squares with figures that are not negative: an op takes no less than nothing. */

export interface Sample {
  title: string;
  /** How often each unit occurs. */
  counts: Record<string, number>;
  /** Instructions measured. */
  measured: number;
}

export type Fit = Record<string, number>;

const ROUNDS = 20_000;

/**
 * Instructions per unit for which the squared relative errors of the samples are least, by coordinate descent: one
 * figure after the other is set to its best value, the others as they are, until nothing moves.
 * @param expected instructions of each unit, about.
 * @param hold how much a figure is held to that, against one sample: units that always occur together cannot be told apart
 *   by samples alone.
 */
export function fit(samples: readonly Sample[], expected: Fit, hold: number): Fit {
  const units = Object.keys(expected);
  const held = units.map((unit) => units.map((other) => (other === unit ? hold / expected[unit] : 0)));
  const rows = [...samples.map(({ counts, measured }) => units.map((unit) => (counts[unit] ?? 0) / measured)), ...held];
  const squares = units.map((_, j) => rows.reduce((sum, row) => sum + row[j] * row[j], 0));
  const values = units.map(() => 0);
  /** 1 - predicted / measured. */
  const left = rows.map((_, i) => (i < samples.length ? 1 : hold));
  for (let round = 0; round < ROUNDS; round++) {
    let moved = 0;
    units.forEach((_, j) => {
      if (squares[j] === 0) return;
      const gradient = rows.reduce((sum, row, i) => sum + row[j] * left[i], 0);
      const value = Math.max(0, values[j] + gradient / squares[j]);
      const change = value - values[j];
      if (change === 0) return;
      rows.forEach((row, i) => {
        left[i] -= row[j] * change;
      });
      moved = Math.max(moved, Math.abs(change) / (value || 1));
      values[j] = value;
    });
    if (moved < 1e-9) break;
  }
  return Object.fromEntries(units.map((unit, j) => [unit, Number(values[j].toFixed(3))]));
}

/** Instructions that the figures say. */
export function predict(figures: Fit, counts: Record<string, number>): number {
  return Object.entries(counts).reduce((sum, [unit, count]) => sum + count * (figures[unit] ?? 0), 0);
}

/** Mean and largest relative error. */
export function errors(figures: Fit, samples: readonly Sample[]): { mean: number; most: number; worst: string } {
  const list = samples.map((sample) => ({
    title: sample.title,
    error: Math.abs(predict(figures, sample.counts) / sample.measured - 1),
  }));
  const worst = list.reduce((a, b) => (a.error >= b.error ? a : b));
  return { mean: list.reduce((sum, { error }) => sum + error, 0) / list.length, most: worst.error, worst: worst.title };
}

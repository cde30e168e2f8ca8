/** The committed op counts. */
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('baseline.json', import.meta.url);

/** Ops of a whole inference by the name of its model. */
export type Baseline = Record<string, number>;

export const readBaseline = (): Baseline => JSON.parse(readFileSync(FILE, 'utf8'));

/** Keeps the lines of models that were not counted. */
export function writeBaseline(counted: Baseline): void {
  const all = Object.entries({ ...readBaseline(), ...counted });
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
}

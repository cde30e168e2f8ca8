/** What commands print: one JSON object on stdout with --json, text otherwise. */

export function print(json: boolean | undefined, value: object, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text()}\n`);
}

/** Progress and warnings. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

export const RANDOM_WEIGHTS = 'weights: random (seeded, never trained: the answers mean nothing, the costs are real)';

/** Tests that need something of the machine: where it is missing the runner skips and counts them, and CI refuses that. */
import type { ExecutionContext } from 'ava';

type Run = (t: ExecutionContext) => void | Promise<void>;

/** `test` or `test.serial`. */
export interface Register {
  (title: string, run: Run): void;
  skip(title: string, run: Run): void;
}

/** Registers a test; as skipped, with what is `missing` in its title, if that is anything. */
export function needs(test: Register, missing: readonly string[], title: string, run: Run): void {
  if (missing.length === 0) test(title, run);
  else test.skip(`${title} (missing: ${missing.join(', ')})`, run);
}

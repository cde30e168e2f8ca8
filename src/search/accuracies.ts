/** Accuracies that somebody measured or published: what `--accuracies` reads and `--train` writes. */
import { readFileSync } from 'node:fs';
import { DepthwiseError } from '../errors.js';
import { type Candidate, candidate, type Task } from './candidates.js';

const EXAMPLE = '[{"alpha": 0.25, "size": 128, "depth": 13, "accuracy": 0.415}]';

/**
 * The candidates that a file knows: a JSON array of {alpha, size, depth (13 where it is left out), accuracy 0 to 1}.
 * @throws DepthwiseError CONFIG_INVALID naming the entry; USAGE where a multiplier is out of range.
 */
export function readAccuracies(file: string, task: Task): Candidate[] {
  const fail = (found: string) => new DepthwiseError('CONFIG_INVALID', `${file}: ${found}; expected ${EXAMPLE}.`);
  let list: unknown;
  try {
    list = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw fail((cause as Error).message);
  }
  if (!Array.isArray(list) || list.length === 0) throw fail('no array of entries');
  const known = new Map<string, Candidate>();
  for (const [i, entry] of list.entries()) {
    const { alpha, size, depth = 13, accuracy } = entry ?? {};
    for (const [name, value] of Object.entries({ alpha, size, depth, accuracy })) {
      if (typeof value !== 'number') throw fail(`entry ${i}: ${name} is ${JSON.stringify(value) ?? 'missing'}`);
    }
    if (!(accuracy >= 0 && accuracy <= 1)) throw fail(`entry ${i}: accuracy is ${accuracy}, a number from 0 to 1`);
    const found = candidate({ alpha, size, depth, accuracy }, task);
    if (known.has(found.model)) throw fail(`entry ${i} is the second one of ${found.model}`);
    known.set(found.model, found);
  }
  return [...known.values()];
}

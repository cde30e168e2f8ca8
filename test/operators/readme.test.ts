/** README names every operator that models may have. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { OPERATOR_NAMES } from '../../src/operators/index.js';

test('README names every operator', (t) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const state = readme.slice(readme.indexOf('## State'), readme.indexOf('## License'));
  const named = new Set(state.match(/\b[A-Z][A-Z0-9_]+\b/g));
  t.deepEqual(
    OPERATOR_NAMES.filter((name) => !named.has(name)),
    [],
  );
});

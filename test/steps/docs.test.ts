import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/adding-a-step-kind.md', root), 'utf8');

test('every file that the page on new kinds names is there', (t) => {
  const paths = [...page.matchAll(/`([\w-]+(?:\/[\w.-]+)+)`/g)].map(([, path]) => path);
  t.true(paths.length > 20);
  const missing = paths.filter((path) => !existsSync(new URL(path, root)));
  t.deepEqual(missing, ['src/steps/name.ts'], 'the file to write');
});

test('its table has every field that a kind has', (t) => {
  const table = [...page.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell]) => cell.match(/\w+/g) ?? []);
  const [, type] = readFileSync(new URL('src/steps/kind.ts', root), 'utf8').split('export interface StepKind {');
  const fields = new Set([...type.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, field]) => field));
  t.deepEqual(table.sort(), [...fields].sort());
});

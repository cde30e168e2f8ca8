/** src/board-js/picture.ts: the bytes of src/pictures, in this engine and in Duktape. */
import { createContext, runInContext } from 'node:vm';
import test, { type ExecutionContext } from 'ava';
import { es5Script } from '../../tools/build/runtime.js';
import { missingCommands, runScript } from '../board-js/board-engines.js';
import { findings } from '../board-js/es5.js';
import { needs } from '../needs.js';
import { type Case, expectedOf, portRecord, randomCases } from './cases.js';

const CASES = randomCases(500, 16, 4000);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Every second input is pushed row by row. */
function call(one: Case, i: number): string {
  const { frame, fit, input, box } = one;
  const { data, ...size } = frame;
  const rowBytes = input.width * input.channels;
  const values = [hex(portRecord(one)), { ...size, fit }, hex(data), rowBytes * input.height, (i & 1) * rowBytes, box];
  return `board(${values.map((value) => JSON.stringify(value)).join()})`;
}

function compare(t: ExecutionContext, found: readonly string[], cases: readonly Case[] = CASES): void {
  t.is(found.length, cases.length);
  for (const [i, one] of cases.entries()) {
    const { bytes, box } = expectedOf(one);
    const { frame, input, fit } = one;
    const what = `case ${i}: ${frame.format} ${frame.width}x${frame.height}, ${fit} to ${input.width}x${input.height}x${input.channels}`;
    if (found[i] !== [hex(bytes), ...box].join(' ')) t.fail(what);
  }
}

const SCRIPT = await es5Script('test/pictures/board.ts', 'board', {
  constants: { PLAIN: true, ESPRUINO: true, FULL: true },
});

test('every engine understands it', (t) => {
  t.deepEqual(findings(SCRIPT), []);
});

test('500 random frames in Node: the same bytes, and the same boxes', (t) => {
  const realm = createContext({});
  runInContext(SCRIPT, realm);
  compare(
    t,
    CASES.map((one, i) => runInContext(call(one, i), realm)),
  );
});

/** How many frames an engine gets: Espruino takes seconds for each. */
const ENGINES = { duk: 500, jerry: 500, espruino: 10 } as const;

for (const [engine, count] of Object.entries(ENGINES) as [keyof typeof ENGINES, number][]) {
  needs(
    test,
    missingCommands(engine),
    `${count} random frames in ${engine}: the same bytes, and the same boxes`,
    (t) => {
      const cases = CASES.slice(0, count);
      // A few at a time: what a script prints is kept as a whole.
      const calls = cases.map((one, i) => `print(${call(one, i)});\n`);
      const printed = Array.from({ length: calls.length / 10 }, (_, i) =>
        runScript(engine, `${SCRIPT}\n${calls.slice(10 * i, 10 * (i + 1)).join('')}`),
      );
      compare(t, printed.flat(), cases);
    },
  );
}

/** selftest.js prints PASS on every engine, and never for a damaged file. */
import { createContext, runInContext } from 'node:vm';
import test from 'ava';
import { makeSelftest, referenceVector, seededInputs, type TestVector } from '../../src/bundle/selftest.js';
import { loadModel } from '../../src/cli/model.js';
import { type CompileOptions, compile } from '../../src/compile.js';
import { readBlob } from '../../src/format/read.js';
import type { Graph } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { onBoardEngines, runScript } from '../board-js/board-engines.js';
import { bundle } from '../board-js/engine.js';
import { findings } from '../board-js/es5.js';
import { missingFixtures, readFixture } from '../fixtures.js';
import { seededRandom } from '../graph/builder.js';
import { makeGraph } from '../graphs.js';

interface Parts {
  blob: Uint8Array;
  vector: TestVector;
}

function parts(graph: Graph, options: CompileOptions = {}): Parts {
  const compiled = compile(graph, options);
  return { blob: compiled.blob, vector: referenceVector(graph, compiled, seededInputs(readBlob(compiled.blob))) };
}

const script = ({ blob, vector }: Parts): string => makeSelftest(bundle('depthwise.js'), blob, vector);

function builtIn(name: string): Graph {
  const model = loadModel(name);
  if (model.kind !== 'graph') throw new Error(name);
  return model.graph;
}

/** What it prints through console.log, or through print where there is no console. */
function inNode(text: string, output: 'console' | 'print'): string[] {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  runInContext(text, createContext(output === 'console' ? { console: { log } } : { console: undefined, print: log }));
  return lines;
}

const mini = parts(builtIn('digits-mini'));

test('prints PASS, once, through whatever the engine has', (t) => {
  t.deepEqual(inNode(script(mini), 'console'), ['PASS']);
  t.deepEqual(inNode(script(mini), 'print'), ['PASS']);
});

test('every engine understands it', (t) => {
  t.deepEqual(findings(script(mini)), []);
});

test('no line but those of the runtime is long', (t) => {
  const lines = script(mini).split('\n').slice(2);
  t.true(Math.max(...lines.map((line) => line.length)) < 540);
});

test('rows that are pushed, several inputs and outputs, edges that are float32', (t) => {
  t.deepEqual(inNode(script(parts(builtIn('digits'), { memory: 'min', frame: 'rows' })), 'print'), ['PASS']);
  const random = seededRandom(5);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const seen = { inputs: 0, outputs: 0, float32: 0 };
  for (let i = 1; i <= 60; i++) {
    const graph = makeGraph({ integer }, i, 5);
    if (graph.inputs.length > 1) seen.inputs++;
    if (graph.outputs.length > 1) seen.outputs++;
    if ([...graph.inputs, ...graph.outputs].some((index) => graph.tensors[index].dtype === 'float32')) seen.float32++;
    t.deepEqual(inNode(script(parts(graph)), 'print'), ['PASS'], `graph ${i}`);
  }
  t.true(seen.inputs > 0 && seen.outputs > 0 && seen.float32 > 0, JSON.stringify(seen));
});

test('no byte of the file can be flipped and pass', (t) => {
  for (let at = 0; at < mini.blob.length; at += at < 64 ? 1 : 397) {
    const blob = mini.blob.slice();
    blob[at] ^= 1 << (at % 8);
    // The text is made of a good file, and then changed: makeSelftest refuses bad ones.
    t.throws(() => script({ ...mini, blob }));
    const damaged = script(mini).replace(...lineOf(at, blob));
    const [result, ...more] = inNode(damaged, 'print');
    t.regex(result, /^FAIL (MAGIC|VERSION|TRUNCATED|CRC) /, `byte ${at}`);
    t.is(more.length, 0);
  }
});

/** The line of the script that byte `at` of the file stands in, and as it is in `blob`. */
function lineOf(at: number, blob: Uint8Array): [found: string, instead: string] {
  const start = at - (at % 384);
  const text = (bytes: Uint8Array) => `"${Buffer.from(bytes.subarray(start, start + 384)).toString('base64')}"`;
  return [text(mini.blob), text(blob)];
}

test('says which output byte differs', (t) => {
  const outputs = mini.vector.outputs.map((output) => output.slice());
  outputs[0][3] ^= 0x40;
  outputs[0][7] ^= 1;
  const [result] = inNode(script({ ...mini, vector: { ...mini.vector, outputs } }), 'print');
  const [found, expected] = [mini.vector.outputs[0][3], outputs[0][3]];
  t.is(result, `FAIL output 0 byte 3 is ${found} not ${expected} differing 2`);
});

for (const name of ['digits', 'digits-mini']) {
  onBoardEngines(test, `${name} passes`, (t, engine) => {
    t.deepEqual(runScript(engine, script(parts(builtIn(name)))), ['PASS']);
  });
}

onBoardEngines(test, 'digits passes row by row', (t, engine) => {
  t.deepEqual(runScript(engine, script(parts(builtIn('digits'), { memory: 'min', frame: 'rows' }))), ['PASS']);
});

onBoardEngines(test, 'a flipped byte does not pass', (t, engine) => {
  const blob = mini.blob.slice();
  blob[3000] ^= 4;
  const [result, ...more] = runScript(engine, script(mini).replace(...lineOf(3000, blob)));
  t.regex(result, /^FAIL CRC -?\d+ not -?\d+$/);
  t.is(more.length, 0);
});

onBoardEngines(
  test,
  'kws_ref_model passes',
  (t, engine) => {
    const graph = importTflite(readFixture('models', 'kws_ref_model.tflite'));
    t.deepEqual(runScript(engine, script(parts(graph))), ['PASS']);
  },
  missingFixtures,
);

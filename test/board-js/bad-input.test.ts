/** What is wrong on a board gives one Error with a code, on the board's own engine, which goes on with what is right. */
import test from 'ava';
import { referenceVector, seededInputs } from '../../src/bundle/selftest.js';
import { loadModel } from '../../src/cli/model.js';
import { type CompileOptions, compile } from '../../src/compile.js';
import { readBlob } from '../../src/format/read.js';
import * as L from '../../src/program/layout.js';
import { edited } from '../format/damaged.js';
import { onBoardEngines, runScript } from './board-engines.js';
import { bundle } from './engine.js';
import { findings } from './es5.js';

function mini(options: CompileOptions) {
  const model = loadModel('digits-mini');
  if (model.kind !== 'graph') throw new Error('digits-mini is a model of one graph');
  const compiled = compile(model.graph, options);
  const contents = readBlob(compiled.blob);
  const { inputs, outputs } = referenceVector(model.graph, compiled, seededInputs(contents));
  return { blob: compiled.blob, input: inputs[0], output: outputs[0], rowBytes: contents.inputs[0].rowBytes };
}

const whole = mini({});
const rows = mini({ memory: 'min', frame: 'rows' });
const { blob } = whole;

/** An arena that no engine has room for: the largest that a file can ask for. */
const HUGE = 0x7fffffff;

const BAD_FILES: [what: string, bytes: Uint8Array, expected: RegExp][] = [
  ['one byte', new Uint8Array(1), /^MAGIC 0 not \d+$/],
  ['magic', edited(blob, (view) => view.setUint8(L.H_MAGIC, 0)), /^MAGIC \d+ not \d+$/],
  ['version', edited(blob, (view) => view.setUint32(L.H_VERSION, L.VERSION + 1, true)), /^VERSION \d+ not \d+$/],
  ['crc', edited(blob, (view) => view.setUint8(blob.length - 9, 1), false), /^CRC -?\d+ not -?\d+$/],
  ['header only', blob.slice(0, L.HEADER_BYTES), /^TRUNCATED \d+ not \d+$/],
  ['last byte', blob.slice(0, blob.length - 1), /^TRUNCATED \d+ not \d+$/],
  ['step', edited(blob, (view) => view.setUint32(L.H_STEP_COUNT, 1, true)), /^LAYOUT \d+$/],
  ['memory', edited(blob, (view) => view.setUint32(L.H_ARENA_BYTES, HUGE, true)), /^MEMORY 2147483648$/],
];

/** Functions first: Espruino does not hoist them. Bytes come in short lines, as a board takes its program line by line. */
const PRELUDE = `
function say(text) { if (typeof console !== 'undefined') console.log(text); else if (typeof print !== 'undefined') print(text); }
function tried(what, action) {
  var said = 'nothing';
  try { action(); } catch (e) { said = e instanceof Error && e.message.indexOf(e.code + ' ') === 0 ? e.message : 'not ours: ' + e; }
  say(what + ': ' + said);
}
function opened(what, file) { tried(what, function () { depthwise.open(file); }); }
function bytesOf(values) {
  var text = [];
  for (var i = 0; i < values.length; i++) text.push(values[i] & 255);
  return text.join(',');
}
`;

function literal(name: string, bytes: Uint8Array): string {
  const lines = [`var ${name} = new Uint8Array(${bytes.length});`];
  for (let at = 0; at < bytes.length; at += 128) lines.push(`${name}.set([${bytes.subarray(at, at + 128)}], ${at});`);
  return lines.join('\n');
}

/** A copy of B cut to the length of `bytes`, with the bytes of B that differ changed. */
function changedFile(bytes: Uint8Array): string {
  const changes = [...bytes.entries()].filter(([at, byte]) => byte !== blob[at]);
  return [
    `F = new Uint8Array(B.subarray(0, ${bytes.length}));`,
    ...changes.map(([at, byte]) => `F[${at}] = ${byte};`),
  ].join(' ');
}

const script = [
  bundle('depthwise.js'),
  PRELUDE,
  literal('B', blob),
  literal('P', whole.input),
  'var F;',
  ...BAD_FILES.map(([what, bytes]) => `${changedFile(bytes)} opened('${what}', F);`),
  `opened('no file', undefined);`,
  `opened('text', 'DW');`,
  `opened('reader of no file', { length: 0, read: function () {} });`,
  `opened('short read', { length: B.length, read: function (at, n) { return B.subarray(at, at + n - 1); } });`,
  'var N = depthwise.open(B);',
  `tried('one byte less', function () { N.classify(P.subarray(1)); });`,
  `tried('one byte more', function () { N.classify(new Uint8Array(${whole.input.length + 1})); });`,
  `tried('nothing', function () { N.classify(); });`,
  `tried('row for a whole input', function () { N.push(P); });`,
  `N.classify(P); say('output: ' + bytesOf(N.output()));`,
  literal('R', rows.blob),
  'N = depthwise.open(R);',
  `tried('row too short', function () { N.push(P.subarray(0, ${rows.rowBytes - 1})); });`,
  `tried('row too long', function () { N.push(P.subarray(0, ${rows.rowBytes + 1})); });`,
  `tried('whole input for rows', function () { N.invoke(); });`,
  `for (var at = 0; at < P.length; at += ${rows.rowBytes}) N.push(P.subarray(at, at + ${rows.rowBytes}));`,
  `say('output: ' + bytesOf(N.output()));`,
].join('\n');

const EXPECTED: [what: string, said: RegExp][] = [
  ...BAD_FILES.map(([what, , said]): [string, RegExp] => [what, said]),
  ['no file', /^MAGIC 0 not \d+$/],
  ['text', /^MAGIC \d+ not \d+$/],
  ['reader of no file', /^TRUNCATED 0$/],
  ['short read', /^TRUNCATED 0$/],
  ['one byte less', new RegExp(`^LENGTH ${whole.input.length - 1} not ${whole.input.length}$`)],
  ['one byte more', new RegExp(`^LENGTH ${whole.input.length + 1} not ${whole.input.length}$`)],
  ['nothing', new RegExp(`^LENGTH 0 not ${whole.input.length}$`)],
  ['row for a whole input', new RegExp(`^ORDER ${whole.input.length} not -1$`)],
  ['output', new RegExp(`^${whole.output.join()}$`)],
  ['row too short', new RegExp(`^LENGTH ${rows.rowBytes - 1} not ${rows.rowBytes}$`)],
  ['row too long', new RegExp(`^LENGTH ${rows.rowBytes + 1} not ${rows.rowBytes}$`)],
  ['whole input for rows', new RegExp(`^ORDER ${rows.rowBytes}$`)],
  ['output', new RegExp(`^${rows.output.join()}$`)],
];

test('every engine understands the script', (t) => {
  t.deepEqual(findings(script), []);
});

onBoardEngines(test, 'bad input gives one error with a code each, then the good file its output', (t, engine) => {
  const printed = runScript(engine, script);
  t.is(printed.length, EXPECTED.length, printed.join('\n'));
  EXPECTED.forEach(([what, said], i) => {
    const [name, text] = printed[i].split(': ');
    t.is(name, what);
    t.regex(text, said, what);
  });
});

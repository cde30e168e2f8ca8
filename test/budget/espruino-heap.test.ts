import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asset } from '../../src/assets.js';
import { loadTarget } from '../../src/boards/target.js';
import {
  arrayVariables,
  bufferVariables,
  moduleVariables,
  NET_VARIABLES,
  VIEW_VARIABLES,
  variableBytes,
} from '../../src/budget/espruino-heap.js';
import { jsCost } from '../../src/budget/js-cost.js';
import { price } from '../../src/budget/price.js';
import { costOf } from '../../src/cli/cost.js';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import { missingCommands } from '../board-js/board-engines.js';
import { fixture, withFixtures } from '../fixtures.js';
import { needs } from '../needs.js';

test('a variable is as wide as the number of variables asks for', (t) => {
  const boards: [number, number][] = [
    [1600, 12],
    [4095, 13],
    [5100, 13],
    [6000, 13],
    [12000, 14],
    [16383, 14],
    [16384, 16],
  ];
  for (const [variables, bytes] of boards) t.is(variableBytes(variables), bytes, String(variables));
});

test('a buffer is one or two variables, or a run of them behind one that heads it', (t) => {
  // 12,000 variables of 14 bytes: text of 9 bytes in the first, 10 in the next.
  const counts: [number, number][] = [
    [0, 1],
    [9, 1],
    [10, 2],
    [19, 2],
    [20, 3],
    [28, 3],
    [29, 4],
    [14_000, 1001],
  ];
  for (const [bytes, variables] of counts) t.is(bufferVariables(bytes, 12_000), variables, String(bytes));
  t.is(arrayVariables(14_000, 12_000), 1003);
});

withFixtures(
  test,
  'person_detect with --memory min opens in the 12,000 variables of 14 bytes of Bangle.js 2',
  async (t: ExecutionContext) => {
    const target = loadTarget('bangle-js2');
    const variables = target.runtimes.js!.heap!.variables!.value;
    t.is(variables, 12_000);
    t.is(variableBytes(variables), 14);
    const cost = await costOf(loadModel(fixture('models', 'person_detect.tflite')), { memory: 'min' });
    const { arrays, views, scriptBytes } = cost.js!.espruino;
    const used =
      arrays.reduce((sum, bytes) => sum + arrayVariables(bytes, variables), 0) +
      views * VIEW_VARIABLES +
      moduleVariables(scriptBytes) +
      NET_VARIABLES;
    // The longest run is the arena, with one byte of padding for each of the 256 channels of the widest layer: it must be
    // there in one piece.
    t.is(Math.max(...arrays), cost.arenaBytes + 256);
    t.true(used < variables / 3, `${used} variables`);
    t.log(`${used} of ${variables} variables`);
    const { ram, flash } = price(target, cost, {}, 'js');
    t.is(ram.total, (used + target.runtimes.js!.heap!.ownVariables!.value) * 14);
    t.true(ram.ok);
    t.true(flash.ok);
  },
);

test('a network that no heap of a board holds is refused, with the arena that would fit', async (t) => {
  const cost = await costOf(loadModel('mobilenet:0.5@160x160x3,10'), {});
  const verdict = price(loadTarget('espruino-pico'), cost, {}, 'js');
  t.false(verdict.ok);
  t.regex(verdict.reasons.join('\n'), /flash: .* over 49,152 B/);
  t.regex(verdict.reasons.join('\n'), /RAM: .* over 66,300 B/);
});

/** Bytes of a variable of Espruino for a 64-bit Linux, which has as many as it needs; and of text in one, and each further one. */
const LINUX = { bytes: 27, first: 20, next: 21 };

function linuxArrayVariables(bytes: number): number {
  const { bytes: size, first, next } = LINUX;
  if (bytes > first + next) return 3 + Math.ceil(bytes / size);
  return bytes > first ? 4 : 3;
}

/** Variables that opening takes there, counted by process.memory(). */
function counted(script: string, blob: Uint8Array): { module: number; net: number } {
  const folder = mkdtempSync(join(tmpdir(), 'depthwise-'));
  try {
    const pieces = Array.from({ length: Math.ceil(blob.length / 256) }, (_, i) =>
      Buffer.from(blob.subarray(i * 256, (i + 1) * 256)).toString('base64'),
    );
    const text = [
      `var text = ${JSON.stringify(script)};`,
      `var blob = new Uint8Array(${blob.length}), at = 0;`,
      'function put(s) { var part = E.toUint8Array(atob(s)); blob.set(part, at); at += part.length; }',
      ...pieces.map((piece) => `put("${piece}");`),
      'require("Storage").write("depthwise", text);',
      'text = undefined;',
      'var used = process.memory().usage;',
      'var depthwise = require("depthwise");',
      'var loaded = process.memory().usage;',
      'var net = depthwise.open(blob);',
      'print("COUNTED", loaded - used, process.memory().usage - loaded);',
      '',
    ].join('\n');
    writeFileSync(join(folder, 'script.js'), text);
    const printed = execFileSync('espruino', ['script.js'], { cwd: folder, input: '', encoding: 'latin1' });
    const [, module, net] = /COUNTED (\d+) (\d+)/.exec(printed) ?? [];
    return { module: Number(module), net: Number(net) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Counted and computed variables of a built-in model. */
function onEspruino(name: string) {
  const model = loadModel(name);
  if (model.kind !== 'graph') throw new Error(name);
  const { blob } = compile(model.graph);
  const { arrays, views, flavour, scriptBytes } = jsCost(blob, 'espruino');
  const computed = arrays.reduce((sum, bytes) => sum + linuxArrayVariables(bytes), 0) + views * VIEW_VARIABLES;
  return { ...counted(new TextDecoder().decode(asset(flavour)), blob), computed, scriptBytes };
}

const TITLE = 'espruino: what differs between two open networks is the variables of their arrays, as computed';
needs(test, missingCommands('espruino'), TITLE, (t) => {
  const [small, large] = ['digits-mini', 'digits'].map(onEspruino);
  t.is(large.net - small.net, large.computed - small.computed);
  t.true(large.computed - small.computed > 100);
  t.true(small.module <= moduleVariables(small.scriptBytes), `${small.module}`);
  // Objects are wider on 64 bits, and the first use of a class is counted.
  t.true(small.net - small.computed < 2 * NET_VARIABLES, `${small.net - small.computed}`);
});

import { createContext, runInContext } from 'node:vm';
import test from 'ava';
import { asset } from '../../src/assets.js';
import { loadTarget } from '../../src/boards/target.js';
import { jsCosts } from '../../src/budget/js-cost.js';
import { makeBundle } from '../../src/bundle/bundle.js';
import type { Bundle } from '../../src/bundle/request.js';
import { kernelVector } from '../../src/bundle/selftest.js';
import { loadModel } from '../../src/cli/model.js';
import { type CompileOptions, compile } from '../../src/compile.js';
import { pictureScript } from '../../src/engines/picture-script.js';
import { flavourFor } from '../../src/engines/runtime-script.js';
import { readBlob } from '../../src/format/read.js';
import { bundle as runtime } from '../board-js/engine.js';
import { findings } from '../board-js/es5.js';
import { E } from '../board-js/espruino.js';
import { makeGraph } from '../graphs.js';

function bundle(target: string, options: CompileOptions = {}, name = 'digits-mini'): Bundle {
  const model = loadModel(name);
  if (model.kind !== 'graph') throw new Error(name);
  const { blob } = compile(model.graph, options);
  const vectorFor = (inputs: readonly Uint8Array[]) => kernelVector(blob, inputs);
  return makeBundle({ target: loadTarget(target), runtime: 'js', blob, contents: readBlob(blob), slots: 2, vectorFor });
}

const file = ({ files }: Bundle, path: string): string => {
  const { content } = files.find((some) => some.path === path)!;
  return typeof content === 'string' ? content : new TextDecoder().decode(content);
};

/** Runs a script on an engine that has what Espruino gives it; returns what it printed. */
function onBoard(script: string, made: Bundle): string[] {
  const printed: string[] = [];
  const stored = new Map(made.files.map(({ address, content }) => [address, Buffer.from(content)]));
  const realm = createContext({
    print: (text: string) => printed.push(text),
    console: { log: (text: string) => printed.push(text) },
    getTime: () => 0,
    E: { toUint8Array: (text: string) => Uint8Array.from(Buffer.from(text, 'latin1')) },
    atob: (text: string) => Buffer.from(text, 'base64').toString('latin1'),
    require: (name: string) => {
      if (name === 'Storage') return storage;
      const module = { exports: {} };
      new Function('module', 'E', stored.get(name)!.toString())(module, E);
      return module.exports;
    },
  });
  const storage = {
    readArrayBuffer: (name: string) => Uint8Array.from(stored.get(name)!).buffer,
    // A string in Espruino, whose typed arrays take the characters' codes from it.
    read: (name: string, at: number, bytes: number) => stored.get(name)!.subarray(at, at + bytes),
  };
  runInContext(script, realm);
  return printed;
}

for (const target of ['espruino-esp32', 'bangle-js2', 'espruino-pico', 'microbit2', 'jerryscript']) {
  test(`${target}: selftest.js passes by itself`, (t) => {
    const made = bundle(target);
    t.deepEqual(onBoard(file(made, 'selftest.js'), made), ['PASS']);
  });
}

for (const [title, options] of [
  ['whole inputs', {}],
  ['rows', { frame: 'rows', memory: 'min' }],
] as const) {
  for (const target of ['espruino-esp32', 'bangle-js2']) {
    test(`${target}: run.js runs what is in the storage, ${title}`, (t) => {
      const made = bundle(target, options);
      const [line, ...more] = onBoard(file(made, 'run.js'), made);
      t.regex(line, /^PASS, 0\.0 s, \[\{.*"index":/);
      t.deepEqual(more, []);
      const wrong = file(made, 'run.js').replace(/expected = \[\[\d+/, 'expected = [[7');
      t.regex(onBoard(wrong, made)[0], /^FAIL, bytes that differ: 1,/);
    });
  }
}

test('a model of more bytes than views of a buffer begin at is read in pieces, where the storage is mapped too', (t) => {
  const made = bundle('espruino-esp32', {}, 'cifar10');
  t.true(made.files.find(({ path }) => path === 'model.dw')!.content.length > 65_535);
  const run = file(made, 'run.js');
  t.regex(run, /return storage\.read\('model\.dw', offset, bytes\)/);
  t.regex(onBoard(run, made)[0], /^PASS, /);
  t.regex(file(bundle('espruino-esp32'), 'run.js'), /storage\.readArrayBuffer\('model\.dw'\)/);
});

test('the build of the runtime that is priced is the one in the bundle', (t) => {
  for (const target of ['espruino-pico', 'jerryscript']) {
    const made = bundle(target, {}, 'mobilenet:0.25@32x32x3,10');
    const model = made.files.find(({ path }) => path === 'model.dw')!.content as Uint8Array;
    const { flavour, scriptBytes } = jsCosts(model)[loadTarget(target).runtimes.js!.engine];
    t.is(new TextDecoder().decode(asset(flavour)), file(made, 'depthwise.js'));
    t.is(scriptBytes, file(made, 'depthwise.js').length);
    t.is(/espruino/.test(flavour), target === 'espruino-pico');
  }
});

test('run.js is what Espruino understands', (t) => {
  for (const target of ['espruino-esp32', 'bangle-js2']) {
    for (const options of [{}, { frame: 'rows' }] as const) {
      // Its globals are Espruino's own.
      const faults = findings(file(bundle(target, options), 'run.js')).filter((fault) => !/: not a global/.test(fault));
      t.deepEqual(faults, []);
    }
  }
});

test('Espruino boards get the runtime as a module and the model; what JerryScript gets is for a firmware', (t) => {
  const addresses = (made: Bundle) => made.files.flatMap(({ address }) => (address === undefined ? [] : [address]));
  const espruino = bundle('espruino-pico');
  t.deepEqual(addresses(espruino), ['depthwise', 'model.dw']);
  t.is(espruino.flash.kind, 'espruino');
  t.is(espruino.next.length, 2);
  const jerry = bundle('jerryscript');
  t.deepEqual(addresses(jerry), []);
  t.is(jerry.flash.kind, 'none');
  t.regex(file(jerry, 'README.md'), /jerry_arraybuffer_allocator\(NULL, free_bytes, NULL\)/);
  t.regex(file(jerry, 'README.md'), /jerry_arraybuffer_external\(/);
});

test('the smallest runtime that has the kernels', (t) => {
  const carries = (target: string, model: string, flavour: string) =>
    t.true(file(bundle(target, {}, model), 'depthwise.js') === runtime(flavour), `${target}, ${model}`);
  for (const model of ['digits', 'digits-mini', 'cifar10', 'mobilenet:0.25@32x32x3,4']) {
    carries('bangle-js2', model, 'depthwise.mobilenet.espruino.js');
    carries('jerryscript', model, 'depthwise.mobilenet.js');
  }
  const integer = (low: number, high: number) => (low + high) >> 1;
  const { blob } = compile(makeGraph({ integer }, 1, 5));
  for (const espruino of [true, false]) t.is(flavourFor(blob, espruino), 'depthwise.js');
});

test('frames: a script behind the runtime, and how a program hands one over', (t) => {
  const model = loadModel('digits-mini');
  if (model.kind !== 'graph') throw new Error('digits-mini');
  const { blob } = compile(model.graph);
  const vectorFor = (inputs: readonly Uint8Array[]) => kernelVector(blob, inputs);
  const target = loadTarget('bangle-js2');
  const made = makeBundle({
    target,
    runtime: 'js',
    blob,
    contents: readBlob(blob),
    slots: 2,
    vectorFor,
    pictures: true,
  });
  t.is(file(made, 'depthwise.js'), runtime('depthwise.mobilenet.espruino.js') + pictureScript());
  t.regex(file(made, 'README.md'), /net\.classify\(frame, \{ width: 160, height: 120, format: 'rgb565be' \}\)/);
  t.deepEqual(findings(file(made, 'depthwise.js')), []);
});

test('where the storage is not mapped, the model is read in pieces', (t) => {
  t.regex(file(bundle('bangle-js2'), 'run.js'), /read: function \(offset, bytes\)/);
  t.regex(file(bundle('espruino-pico'), 'run.js'), /readArrayBuffer\('model\.dw'\)/);
});

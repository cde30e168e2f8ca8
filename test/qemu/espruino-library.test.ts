/** The built-in library for Espruino, as far as it can be looked at without a checkout of Espruino. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import { loadRuntime } from '../../src/engines/runtime-script.js';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const text = (name: string): string => readFileSync(path(`firmware-glue/espruino/${name}`), 'utf8');

test('every file that the build fragment names is there', (t) => {
  const make = text('depthwise.make');
  const core = make.match(/\b(dw\w*|wasm3_\w+)\.[ch]\b/g)!;
  t.true(core.includes('dw_wasm3.c'));
  t.true(core.includes('dw_aot.c'));
  for (const name of core) t.true(existsSync(path(`firmware-glue/core/${name}`)), name);
  // Every C file that is there is compiled.
  for (const name of readdirSync(path('firmware-glue/espruino'))) {
    if (name.endsWith('.c')) t.regex(make, new RegExp(`[ /,]${name}\\b`));
  }
  for (const name of ['kernels.wasm', 'kernels-full.wasm', 'kernels.c', 'wasm3']) {
    t.true(make.includes(`dist/${name}`) || make.includes(`$(DEPTHWISE)/dist/${name}`), name);
    t.true(existsSync(path(`dist/${name}`)), name);
  }
});

interface Declaration {
  type: string;
  class: string;
  name?: string;
  generate?: string;
}

/** What Espruino's build reads: JSON in comments. */
function declarations(): Declaration[] {
  return [...text('jswrap_depthwise.c').matchAll(/\/\*JSON(\{[\s\S]*?\n\})/g)].map(([, json]) => JSON.parse(json));
}

test('the library has the methods of the JavaScript runtime, and each its function', (t) => {
  const model = loadModel('digits-mini');
  if (model.kind !== 'graph') throw new Error('digits-mini');
  const net = loadRuntime('depthwise.js').open(compile(model.graph).blob);
  const methods = declarations().filter(({ type }) => type === 'method');
  t.deepEqual(methods.map(({ name }) => name).sort(), Object.keys(net).sort());
  for (const { generate } of declarations()) {
    if (generate !== undefined) t.regex(text('jswrap_depthwise.h'), new RegExp(`\\b${generate}\\(JsVar \\*`));
  }
});

test('every error of the core has a code', (t) => {
  const core = readFileSync(path('firmware-glue/core/dw.h'), 'utf8');
  const errors = core.match(/DW_ERROR_\w+ = -\d+/g)!;
  const [, codes] = /CODES\[\] = \{([^}]*)\}/.exec(text('net_state.c'))!;
  // The first one is DW_OK.
  t.is(codes.match(/"\w+"/g)!.length, errors.length + 1);
});

/** Kinds of steps: those that do not exist, and those that a module has no kernel for. */
import test from 'ava';
import { asset } from '../../src/assets.js';
import { compile } from '../../src/compile.js';
import { openWasm3 } from '../../src/engines/wasm3.js';
import { KINDS_SECTION } from '../../src/format/calls.js';
import { buildMobileNet } from '../../src/mobilenet/builder.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { H_STEPS_OFFSET, KIND_FLIP, S_KIND } from '../../src/program/layout.js';
import { ALL_KINDS, isKind, needsFull, SMALL_KINDS } from '../../src/steps/index.js';
import { edited } from '../format/damaged.js';
import { miniBlob, oneTick } from './mini-kernels.js';

const MODULES = { 'kernels.wasm': SMALL_KINDS, 'kernels-full.wasm': ALL_KINDS };
const LACKS = /kernel module cannot be loaded, or lacks a kernel of the model: .* whose kernel it lacks/;

const { blob } = compile(buildMobileNet(parseSpec('mobilenet:0.25@16x16x1,2')));

/** The first step is of another kind. */
const withKind = (kind: number): Uint8Array =>
  edited(blob, (view) => view.setUint32(view.getUint32(H_STEPS_OFFSET, true) + S_KIND, kind, true));

for (const [name, kinds] of Object.entries(MODULES)) {
  const module = asset(name);

  test(`${name} says which kinds it has kernels for`, (t) => {
    const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(module), KINDS_SECTION);
    t.is(new DataView(section).getUint32(0, true), kinds);
  });

  test(`${name}: a number that is no kind is refused as such, another by a module without its kernel`, (t) => {
    for (const kind of [...Array(256).keys(), 0x10001, 0xffffffff]) {
      const open = () => openWasm3(withKind(kind), module).close();
      if (!isKind(kind)) t.throws(open, { code: 'BLOB_INVALID', message: /a KIND that does not exist/ }, `${kind}`);
      else if (name === 'kernels.wasm' && needsFull(1 << kind)) t.throws(open, { message: LACKS }, `${kind}`);
      else t.notThrows(open, `${kind}`);
    }
  });
}

test('a module that does not say its kinds has the small ones; one that lacks a kernel is refused', (t) => {
  t.notThrows(() => openWasm3(miniBlob(), oneTick('')).close());
  const other = oneTick('', '', SMALL_KINDS & ~(1 << KIND_FLIP));
  t.throws(() => openWasm3(miniBlob(), other), { code: 'ENGINE_TRAP', message: LACKS });
});

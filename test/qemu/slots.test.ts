import { join } from 'node:path';
import test from 'ava';
import { asset, assetPath } from '../../src/assets.js';
import { slotImage } from '../../src/bundle/esp32/slot.js';
import { compile } from '../../src/compile.js';
import { stepKinds } from '../../src/format/kinds.js';
import { SLOT_SECTOR } from '../../src/format/slot-layout.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { H_STEPS_OFFSET, S_OUT_ADDRESS } from '../../src/program/layout.js';
import { BACKEND_FILES, CORE_FILES } from '../../src/qemu/runtimes.js';
import { Folder } from '../cli/cli.js';
import { repaired } from '../format/damaged.js';
import { seededRandom } from '../graph/builder.js';
import { makeGraph } from '../graphs.js';
import { GLUE, HERE, program, run, SANITIZE, STRICT } from './gcc.js';
import { EVERY_CORE, withTools } from './tools.js';

/** A small model with a kind of step that is not among `kinds`. */
function modelBesides(kinds: number): Uint8Array {
  const random = seededRandom(1);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  for (let seed = 1; ; seed++) {
    const { blob } = compile(makeGraph({ integer }, seed));
    if (stepKinds(blob) & ~kinds && blob.length < 2 * SLOT_SECTOR) return blob;
  }
}

withTools(
  test,
  ['gcc'],
  'two models in flash: after a power cut at any erase or write, torn in any way, one of them runs',
  (t) => {
    const graph = importTflite(asset('models/digits-mini.tflite'));
    const old = compile(graph).blob;
    const next = compile(graph, { memory: 'min' }).blob;
    const newest = compile(graph, { memory: 'min', frame: 'rows' }).blob;
    const damaged = next.slice();
    damaged[damaged.length - 1] ^= 1;

    const wrong = next.slice();
    const step = new DataView(wrong.buffer).getUint32(H_STEPS_OFFSET, true);
    new DataView(wrong.buffer).setUint32(step + S_OUT_ADDRESS, 0, true);
    const kinds = stepKinds(old) | stepKinds(next) | stepKinds(newest);

    const folder = new Folder();
    const slot = 4 * SLOT_SECTOR;
    const area = new Uint8Array(2 * slot).fill(0xff);
    area.set(slotImage(old));
    const files = { area, old, next, newest, damaged, wrong: repaired(wrong), foreign: modelBesides(kinds) };
    const paths = Object.entries(files).map(([name, content]) => folder.write(name, content));

    const core = (name: string): string => join(GLUE, 'core', name);
    const sources = ['dw_slots.c', ...CORE_FILES, ...BACKEND_FILES.aot].map(core);
    const flags = [...SANITIZE, `-DDW_KINDS=${kinds}u`];
    const simulated = program([join(HERE, 'slots.c'), ...sources, assetPath('kernels.c')], flags);
    const [, cuts] = /^cuts (\d+)$/m.exec(run(simulated, paths)) ?? [];
    t.true(Number(cuts) > 1500, `${cuts} power cuts`);
  },
);

for (const { id, compiler, flags, headers } of EVERY_CORE) {
  withTools(test, [compiler], `${id} compiles the slots without a warning`, (t) => {
    const source = join(GLUE, 'core', 'dw_slots.c');
    run(compiler, [...STRICT, ...flags, ...headers, '-O2', '-c', source, '-o', '/dev/null']);
    t.pass();
  });
}

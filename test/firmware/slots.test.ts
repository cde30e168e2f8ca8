import { join } from 'node:path';
import test from 'ava';
import { asset } from '../../src/assets.js';
import { slotImage } from '../../src/bundle/esp32/slot.js';
import { compile } from '../../src/compile/compile.js';
import { SLOT_SECTOR } from '../../src/format/slot-layout.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { Folder } from '../cli/cli.js';
import { GLUE, HERE, program, run, STRICT } from './gcc.js';
import { EVERY_CORE, withTools } from './tools.js';

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

    const folder = new Folder();
    const slot = 4 * SLOT_SECTOR;
    const area = new Uint8Array(2 * slot).fill(0xff);
    area.set(slotImage(old));
    const files = { area, old, next, newest, damaged };
    const paths = Object.entries(files).map(([name, content]) => folder.write(name, content));

    const core = (name: string): string => join(GLUE, 'core', name);
    // dw.c names wasm3's backend only in the hands of its caller.
    const simulated = program([join(HERE, 'slots.c'), core('dw_slots.c'), core('dw.c')]);
    const [, cuts] = /^cuts (\d+)$/m.exec(run(simulated, paths)) ?? [];
    t.true(Number(cuts) > 1500, `${cuts} power cuts`);
  },
);

for (const { id, compiler, flags } of EVERY_CORE) {
  withTools(test, [compiler], `${id} compiles the slots without a warning`, (t) => {
    const source = join(GLUE, 'core', 'dw_slots.c');
    run(compiler, [...STRICT, ...flags, '--specs=picolibc.specs', '-O2', '-c', source, '-o', '/dev/null']);
    t.pass();
  });
}

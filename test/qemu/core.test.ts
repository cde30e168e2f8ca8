/** The portable C: free of warnings in every compiler, and defined behaviour whatever goes wrong. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { assetPath } from '../../src/assets.js';
import { loadModel } from '../../src/cli/model.js';
import { compile } from '../../src/compile.js';
import { runEmulator } from '../../src/qemu/emulate.js';
import { linkImage } from '../../src/qemu/image.js';
import { BACKEND_FILES, CORE_FILES, FIRMWARE_RUNTIMES, type FirmwareRuntime } from '../../src/qemu/runtimes.js';
import { roomOf } from '../../tools/bench/room.js';
import { temporaryFolder } from '../temporary.js';
import { GLUE, HERE, run, SANITIZE, STRICT } from './gcc.js';
import { coreTools, EVERY_CORE, withTools } from './tools.js';

const CORE = join(GLUE, 'core');
const WASM3 = assetPath('wasm3');
const CONFIG = ['-include', join(CORE, 'wasm3_config.h'), '-isystem', WASM3];
const COMPILERS = [
  ['gcc', []],
  ...EVERY_CORE.map(({ compiler, flags, headers }) => [compiler, [...flags, ...headers]]),
] as [string, string[]][];

for (const [compiler, flags] of COMPILERS) {
  withTools(test, [compiler], `${compiler} ${flags[0] ?? ''}: the core compiles as C99 without a warning`, (t) => {
    const files = readdirSync(CORE).filter((name) => /^dw.*\.c$/.test(name));
    t.true(files.length >= 5);
    for (const name of files) {
      const own = name.startsWith('dw_wasm3') ? CONFIG : [];
      run(compiler, [...flags, ...STRICT, '-O2', ...own, `-I${CORE}`, '-c', join(CORE, name), '-o', '/dev/null']);
    }
  });
}

function model(): Uint8Array {
  const loaded = loadModel('digits-mini');
  if (loaded.kind !== 'graph') throw new Error('digits-mini is a .dw file');
  return compile(loaded.graph).blob;
}

/** A program on this machine, under the sanitizers; wasm3 itself relies on more than C promises, so not that part of it. */
function onHost(runtime: FirmwareRuntime, main: string): string {
  const place = temporaryFolder();
  writeFileSync(join(place, 'model.dw'), model());
  const inPlace = (path: string): string => join(place, path);
  const compileTo = (object: string, args: string[]): string => {
    run('gcc', [...args, '-c', '-o', inPlace(object)]);
    return inPlace(object);
  };
  const define = `-DDW_${runtime.toUpperCase()}`;
  const ours = CORE_FILES.map((name) => join(CORE, name));
  const native = [...BACKEND_FILES.aot.map((name) => join(CORE, name)), assetPath('kernels.c')];
  const interpreter = [
    ...[...BACKEND_FILES.wasm3, 'wasm3_compile.c', 'wasm3_env.c'].map((name) => join(CORE, name)),
    ...readdirSync(WASM3).flatMap((name) => (name.endsWith('.c') ? [join(WASM3, name)] : [])),
  ];
  const strict = [...STRICT, ...SANITIZE, define, '-DHOST', `-I${CORE}`];
  const objects = [...ours, join(HERE, main), ...(runtime === 'aot' ? native : [])].map((file, i) =>
    compileTo(`ours${i}.o`, [...strict, file]),
  );
  // Tail calls, without which wasm3's native stack grows, take -O2 and no sanitizer for undefined behaviour.
  const flags = ['-g', '-O2', '-w', '-fsanitize=address', ...CONFIG, `-I${CORE}`];
  if (runtime === 'wasm3') objects.push(...interpreter.map((file, i) => compileTo(`wasm3${i}.o`, [...flags, file])));
  const files = [`-DMODEL="${inPlace('model.dw')}"`, `-DKERNELS="${assetPath('kernels.wasm')}"`];
  objects.push(compileTo('files.o', [...files, join(GLUE, 'qemu', 'model.S')]));
  run('gcc', [...SANITIZE, '-pthread', ...objects, '-o', inPlace('program')]);
  return inPlace('program');
}

for (const runtime of FIRMWARE_RUNTIMES) {
  withTools(test, ['gcc'], `${runtime} on this machine: faults end in their errors, beside no memory`, (t) => {
    run(onHost(runtime, 'faults.c'), []);
    t.pass();
  });

  withTools(test, ['gcc'], `${runtime} on this machine: two nets, in turns and in two threads`, (t) => {
    run(onHost(runtime, 'two-nets.c'), []);
    t.pass();
  });

  for (const core of EVERY_CORE) {
    withTools(test, coreTools(core), `${runtime} on ${core.id}: faults end in their errors, beside no memory`, (t) => {
      const memory = { ...roomOf(core), stackBytes: 8192 };
      const elf = linkImage(core, runtime, model(), temporaryFolder(), memory, undefined, join(HERE, 'faults.c'));
      const { status, stderr } = runEmulator(core, elf, 300);
      t.is(status, 0, stderr);
    });
  }
}

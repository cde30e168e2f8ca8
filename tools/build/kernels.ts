/**
 * Compiles src/kernels/wasm (AssemblyScript) to dist/kernels.wasm and dist/kernels-full.wasm: no memory of their own, no data, one import.
 *
 * AssemblyScript's own optimiser is built for engines that compile. wasm3 interprets stack code, and there
 *   - a function that is inlined costs code memory even if it never runs, and lengthens the chain of native frames
 *     of its caller (docs/kernels.md): nothing is inlined but what the sources mark so;
 *   - local.tee costs an op more than local.set and local.get, if the value is not consumed at once: the register has to
 *     be saved. So sets are moved to their uses without tees.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import binaryen from 'binaryen';
import { addCalls } from './calls.js';

const OPTIONS = ['-O0', '--runtime', 'stub', '--noAssert', '--initialMemory', '0', '--enable', 'bulk-memory'];

const CLEAN = [
  'dce',
  'vacuum',
  'remove-unused-names',
  'remove-unused-brs',
  'merge-blocks',
  'optimize-instructions',
  'precompute-propagate',
];
const SINK = ['simplify-locals-notee', 'vacuum'];
const PASSES = [
  'remove-unused-module-elements',
  'duplicate-function-elimination',
  'inlining',
  'dae',
  'remove-unused-module-elements',
  ...CLEAN,
  'flatten',
  'simplify-locals-notee-nostructure',
  'vacuum',
  ...CLEAN,
  'ssa-nomerge',
  'code-pushing',
  ...SINK,
  'coalesce-locals',
  ...CLEAN,
  ...SINK,
  'reorder-locals',
  'coalesce-locals',
  ...CLEAN,
  ...SINK,
  'coalesce-locals',
  'optimize-instructions',
  'merge-blocks',
  'remove-unused-brs',
  'remove-unused-names',
  'reorder-locals',
  'vacuum',
  'dae',
  'remove-unused-module-elements',
  'reorder-functions',
  'strip-debug',
  'strip-producers',
];

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ENTRY = 'src/kernels/wasm/index.ts';
const FULL_ENTRY = 'src/kernels/wasm/full.ts';

/** A change of a source before it is compiled; file is its path from the repository's folder. */
export type Edit = (file: string, text: string) => string;

/** Builds dist/kernels.wasm and dist/kernels-full.wasm. */
export async function buildKernels(): Promise<void> {
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  for (const [name, entry] of [
    ['kernels.wasm', ENTRY],
    ['kernels-full.wasm', FULL_ENTRY],
  ]) {
    const wasm = await compileKernels(entry);
    const output = join(ROOT, 'dist', name);
    const old = await readFile(output).catch(() => null);
    // Not rewritten while tests read it.
    if (old === null || !old.equals(wasm)) await writeFile(output, wasm);
  }
}

/** @param entry of the module, from the repository's folder. */
export async function compileKernels(entry = ENTRY, edit: Edit = (_, text) => text): Promise<Uint8Array<ArrayBuffer>> {
  // Its functions have their names until the module is written.
  return optimise(await translate(entry, edit, ['--debug']), entry);
}

/** AssemblyScript to wasm, as it stands. `options` of asc besides our own. */
export async function translate(entry: string, edit: Edit, options: string[] = []): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const args = [entry, '-o', 'kernels.wasm', '--baseDir', ROOT, ...OPTIONS, ...options, '--use', 'abort='];
  const { error, stderr } = await asc.main(args, {
    readFile(name, folder) {
      const path = join(folder, name);
      return existsSync(path) ? edit(name, readFileSync(path, 'utf8')) : null;
    },
    writeFile(_, contents) {
      binary = contents as Uint8Array;
    },
  });
  if (error || !binary) throw new Error(`The kernels do not compile:\n${stderr.toString()}`);
  return binary;
}

function optimise(wasm: Uint8Array, entry: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.readBinary(wasm);
  setFeatures(module);
  // asc has set it.
  binaryen.setDebugInfo(false);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(1);
  binaryen.setAlwaysInlineMaxSize(2);
  binaryen.setFlexibleInlineMaxSize(0);
  binaryen.setOneCallerInlineMaxSize(0);
  for (const pass of PASSES) module.runPasses([pass]);
  if (entry === ENTRY || entry === FULL_ENTRY) addCalls(module, entry === FULL_ENTRY);
  const binary = new Uint8Array(module.emitBinary());
  module.dispose();
  return binary;
}

/** What asc's modules use. */
export function setFeatures(module: binaryen.Module): void {
  const { MutableGlobals, SignExt, BulkMemory, BulkMemoryOpt, NontrappingFPToInt } = binaryen.Features;
  module.setFeatures(MutableGlobals | SignExt | BulkMemory | BulkMemoryOpt | NontrappingFPToInt);
}

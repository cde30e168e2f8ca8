/**
 * Compiles wasm3, the firmware glue and the simulator to dist/wasm3.wasm. The C compiler is itself wasm
 * (@yowasp/clang), so that this runs wherever Node does. It takes about 20 s; the result is kept in .cache under
 * a hash of everything that went in.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands, runLLVM, type Tree } from '@yowasp/clang';
import { writeCHeader } from './c-header.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WASM3 = join(ROOT, 'node_modules', 'wasm3');

/** Not its WASI, its libc bindings and its tracer. */
const WASM3_SOURCES = ['bind', 'code', 'core', 'function', 'info', 'module', 'parse'];
/** Parts of core/wasm3_compile.c and core/wasm3_env.c: not compiled by themselves, so not named *.c. */
const INCLUDED = ['m3_compile', 'm3_env'];

const SOURCES = [
  ...WASM3_SOURCES.map((name) => `wasm3/m3_${name}.c`),
  ...['dw', 'dw_classes', 'dw_head', 'dw_wasm3', 'dw_wasm3_calls'].map((name) => `core/${name}.c`),
  ...['sim', 'sim_compile', 'sim_env'].map((name) => `simulator/${name}.c`),
];

const FLAGS = [
  '--target=wasm32-wasip1',
  '-mexec-model=reactor',
  '-mtail-call',
  '-O3',
  '-DNDEBUG',
  '-Icore',
  '-Isimulator',
  '-Iwasm3',
  '-include',
  'core/wasm3_config.h',
  // The names of the op functions: src/engines/wasm3-simulator.ts takes them from the name section.
  '-Wl,--keep-section=name',
  '-Wl,--export-table',
  '-Wl,--max-memory=536870912',
  '-Wl,-z,stack-size=262144',
  // The stack in front: an overflow traps instead of overwriting data.
  '-Wl,--stack-first',
];

/** Builds dist/wasm3.wasm and dist/wasm3.LICENSE.txt, from the cache where nothing has changed. */
export async function buildWasm3(): Promise<void> {
  await writeCHeader();
  const files: Tree = {
    core: await readTree(join(ROOT, 'firmware-glue', 'core')),
    simulator: await readTree(join(ROOT, 'firmware-glue', 'simulator')),
    wasm3: included(await readTree(join(WASM3, 'cpp'))),
  };
  const args = [...FLAGS, ...SOURCES, '-o', 'wasm3.wasm'];

  const cached = join(ROOT, '.cache', `wasm3-${hash([await compilerVersion(), args, files])}.wasm`);
  let wasm: Uint8Array | null = await readFile(cached).catch(() => null);
  if (wasm === null) {
    wasm = await compile(args, files);
    check(wasm);
    await mkdir(join(ROOT, '.cache'), { recursive: true });
    await writeFile(cached, wasm);
  }
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  const built = join(ROOT, 'dist', 'wasm3.wasm');
  const old = await readFile(built).catch(() => null);
  // Not rewritten while tests read it.
  if (old === null || !old.equals(wasm)) await writeFile(built, wasm);
  const text = await licence(files.wasm3 as Record<string, string>);
  await writeFile(join(ROOT, 'dist', 'wasm3.LICENSE.txt'), text);
  await copySources(files.wasm3 as Record<string, string>, text);
}

/** dist/wasm3: what a board's compiler needs of wasm3, for firmware that is built with the installed package. */
async function copySources(sources: Record<string, string>, licence: string): Promise<void> {
  const folder = join(ROOT, 'dist', 'wasm3');
  await mkdir(folder, { recursive: true });
  const headers = Object.keys(sources).filter((name) => /^(m3_(?!api_)\w+|wasm3|wasm3_defs)\.h$/.test(name));
  const parts = INCLUDED.map((name) => `${name}.inc`);
  const names = [...headers, ...parts, ...WASM3_SOURCES.map((name) => `m3_${name}.c`)];
  const files = new Map([...names.map((name) => [name, sources[name]] as const), ['LICENSE.txt', licence]]);
  for (const name of await readdir(folder)) if (!files.has(name)) await rm(join(folder, name));
  for (const [name, text] of files) await writeFile(join(folder, name), text);
}

async function compile(args: string[], files: Tree): Promise<Uint8Array> {
  let messages = '';
  const decoder = new TextDecoder();
  const collect = (bytes: Uint8Array | null): void => {
    if (bytes !== null) messages += decoder.decode(bytes, { stream: true });
  };
  try {
    // Loads the compiler without printing its progress.
    await runLLVM(undefined, {}, { fetchProgress: () => {} });
    const output = await commands.clang(args, files, { stdout: collect, stderr: collect });
    return output!['wasm3.wasm'] as Uint8Array;
  } catch {
    throw new Error(`clang could not build dist/wasm3.wasm:\n${messages}`);
  }
}

/** The module stands on its own, and its counters have room for every function that wasm3 can dispatch. */
function check(wasm: Uint8Array): void {
  const module = new WebAssembly.Module(new Uint8Array(wasm));
  const imports = WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`);
  if (imports.length > 0) throw new Error(`dist/wasm3.wasm should import nothing, not ${imports.join(', ')}`);
  const { kinds, __indirect_function_table: table } = new WebAssembly.Instance(module).exports as {
    kinds(): number;
    __indirect_function_table: WebAssembly.Table;
  };
  if (table.length > kinds()) throw new Error(`SIM_KINDS (sim_count.h) is ${kinds()}, less than ${table.length}`);
}

/** The MIT licence that came with the package, with the copyright lines of wasm3's sources and of the linked libc. */
async function licence(sources: Record<string, string>): Promise<string> {
  const lines = Object.values(sources).flatMap((text) => text.match(/Copyright (©|\(c\)) .*/gi) ?? []);
  const authors = [...new Set(lines.map((line) => line.replace(/ ?All rights reserved\./, '').trim()))].sort();
  const text = await readFile(join(WASM3, 'LICENSE'), 'utf8');
  return `wasm3.wasm contains wasm3 and, from wasi-libc, parts of musl.

${authors.join('\n')}
Copyright © 2005-2020 Rich Felker, et al. (musl)

The wasm3 sources were taken from the npm package react-native-webassembly, which carries this text:

${text}`;
}

/** The same files, those that are included under other names. */
function included(files: Record<string, string>): Record<string, string> {
  const renamed = INCLUDED.map((name) => [`${name}.inc`, files[`${name}.c`]]);
  const others = Object.entries(files).filter(([name]) => !INCLUDED.includes(name.replace(/\.c$/, '')));
  return Object.fromEntries([...others, ...renamed]);
}

/** The C files of one folder by name. */
async function readTree(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => /\.[ch]$/.test(name)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  );
}

async function compilerVersion(): Promise<string> {
  const manifest = await readFile(join(ROOT, 'node_modules', '@yowasp', 'clang', 'package.json'), 'utf8');
  return JSON.parse(manifest).version;
}

function hash(inputs: unknown): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
}

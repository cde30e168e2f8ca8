/** Which files of src import which: stages know nothing of each other, and nothing imports itself by a detour. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import ts from 'typescript';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** From each to all that it names in imports, those of types included. */
type Imports = Map<string, Set<string>>;

/** Of a file in src, what it imports from src: paths from there on. */
function importsOf(file: string): Set<string> {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(SRC, file), 'utf8'));
  const found = new Set<string>();
  for (const { fileName } of importedFiles.filter(({ fileName }) => fileName.startsWith('.'))) {
    // AssemblyScript's paths have no ending; data (.json) imports nothing.
    const path = relative(SRC, join(SRC, dirname(file), `${fileName.replace(/\.js$/, '')}.ts`));
    if (existsSync(join(SRC, path))) found.add(path);
    else if (!existsSync(join(SRC, dirname(file), fileName))) throw new Error(`${file} imports ${fileName}`);
  }
  return found;
}

const files: Imports = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((file) => [file, importsOf(file)]),
);

/** The top folder of a file, or the file itself where it is at the top. */
const folderOf = (file: string): string => file.split('/')[0];

const folders: Imports = new Map();
for (const [file, imported] of files) {
  const from = folderOf(file);
  const all = folders.get(from) ?? new Set();
  for (const to of imported) if (folderOf(to) !== from) all.add(folderOf(to));
  folders.set(from, all);
}

/** One cycle, from a node back to itself; empty where there is none. */
function cycle(imports: Imports): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] => {
    const at = path.indexOf(node);
    if (at >= 0) return [...path.slice(at), node];
    if (done.has(node)) return [];
    path.push(node);
    for (const next of imports.get(node) ?? []) {
      const found = visit(next);
      if (found.length > 0) return found;
    }
    path.pop();
    done.add(node);
    return [];
  };
  for (const node of imports.keys()) {
    const found = visit(node);
    if (found.length > 0) return found;
  }
  return [];
}

const graph = (edges: string[]): Imports => {
  const imports: Imports = new Map();
  for (const [from, to] of edges) imports.set(from, new Set([...(imports.get(from) ?? []), to]));
  return imports;
};

test('a cycle is found where there is one', (t) => {
  t.deepEqual(cycle(graph(['ab', 'bc', 'ac', 'dc'])), []);
  t.deepEqual(cycle(graph(['ab', 'bc', 'cd', 'db'])), ['b', 'c', 'd', 'b']);
  t.deepEqual(cycle(graph(['ab', 'cc'])), ['c', 'c']);
});

test('imports are read: of values, of types, at run time, and in AssemblyScript', (t) => {
  t.true(files.get('compile.ts')!.has('plan/plan.ts'));
  t.true(files.get('program/rows.ts')!.has('program/program.ts'));
  t.true(files.get('flash/flash.ts')!.has('flash/esp32.ts'));
  t.true(files.get('kernels/wasm/conv.ts')!.has('program/layout.ts'));
});

test('the program and its kinds of steps stand below compile, plan and format, which know nothing of each other', (t) => {
  const below: Record<string, string[]> = {
    program: ['errors.ts'],
    steps: ['program'],
    plan: ['program', 'steps'],
    heads: ['errors.ts', 'graph', 'operators', 'program'],
    format: ['errors.ts', 'heads', 'program', 'steps'],
  };
  for (const [folder, expected] of Object.entries(below))
    t.deepEqual([...folders.get(folder)!].sort(), expected, folder);
  for (const stage of ['plan', 'format']) t.false(folders.get('compile')!.has(stage));
});

test('what operators are made of stands below them: formats of files, lowering to steps', (t) => {
  const below: Record<string, string[]> = {
    graph: ['errors.ts'],
    tflite: ['errors.ts', 'graph'],
    onnx: ['errors.ts', 'graph'],
    lower: ['errors.ts', 'graph', 'kernels', 'program'],
    operators: ['errors.ts', 'graph', 'kernels', 'lower', 'onnx', 'program', 'steps', 'tflite'],
    analysis: ['errors.ts', 'graph', 'operators'],
  };
  for (const [folder, expected] of Object.entries(below))
    t.deepEqual([...folders.get(folder)!].sort(), expected, folder);
});

test('no folder of src imports itself by way of others', (t) => {
  t.deepEqual(cycle(folders), []);
});

/** The type of Espruino's global object, which stands beside the kernels for it: nothing of it is left in the bundle. */
const TYPE_ALONE = ['board-js/machine.ts', 'board-js/kernels/espruino.ts'];

test('no file of src imports itself by way of others', (t) => {
  const [from, to] = TYPE_ALONE;
  const imports: Imports = new Map(files);
  const rest = new Set(files.get(from));
  t.true(rest.delete(to));
  imports.set(from, rest);
  t.deepEqual(cycle(imports), []);
});

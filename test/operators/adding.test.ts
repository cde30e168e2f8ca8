/** docs/adding-an-operator.md is followed word by word, on a copy of src. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import ts from 'typescript';
import { temporaryFolder } from '../temporary.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/adding-an-operator.md'), 'utf8');

/** A block of the page: a whole file, or lines that are added behind the ones that stand before them. */
interface Block {
  path: string;
  text: string;
  isDiff: boolean;
}

const blocks: Block[] = [...page.matchAll(/^ {3}```(ts|diff)\n([\s\S]*?)^ {3}```$/gm)].map(([, language, indented]) => {
  const [head, ...lines] = indented.replace(/^ {3}/gm, '').split('\n');
  return { path: head.replace(/^(\/\/|#) /, ''), text: lines.join('\n'), isDiff: language === 'diff' };
});

/** The file with the block in it. */
function applied({ path, text, isDiff }: Block, before: (path: string) => string): string {
  if (!isDiff) return text;
  const lines = text.trimEnd().split('\n');
  const part = (kept: (mark: string) => boolean) =>
    lines
      .filter((line) => kept(line[0]))
      .map((line) => line.slice(1))
      .join('\n');
  const old = before(path);
  const [from, to] = [part((mark) => mark !== '+'), part((mark) => mark !== '-')];
  if (!old.includes(from)) throw new Error(`${path} has no such lines:\n${from}`);
  return old.replace(from, () => to);
}

/** The files that `some` of the blocks change, by path. */
function changes(some: readonly Block[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const block of some) {
    files.set(
      block.path,
      applied(block, (path) => files.get(path) ?? readFileSync(join(ROOT, path), 'utf8')),
    );
  }
  return files;
}

/** What tsc says of all that `roots` import, where some files are others than on disk. */
function typeErrors(files: ReadonlyMap<string, string>, roots: readonly string[]): string[] {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const own = new Map([...files].map(([path, text]) => [join(ROOT, path), text]));
  const { readFile, fileExists } = host;
  host.readFile = (path) => own.get(path) ?? readFile(path);
  host.fileExists = (path) => own.has(path) || fileExists(path);
  host.getSourceFile = (path, target) => {
    const text = host.readFile(path);
    return text === undefined ? undefined : ts.createSourceFile(path, text, target, true);
  };
  const program = ts.createProgram(
    [...roots, 'src/globals.d.ts'].map((path) => join(ROOT, path)),
    options,
    host,
  );
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName.slice(ROOT.length)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
}

test('an operator that is added to the type alone does not compile', (t) => {
  const errors = typeErrors(changes(blocks.slice(0, 1)), ['src/operators/index.ts']);
  t.true(errors.length > 0);
  t.true(errors.every((error) => error.startsWith('src/operators/index.ts: ') && error.includes("'SIGN'")));
});

test('the page adds one that compiles', (t) => {
  t.deepEqual(
    [...new Set(blocks.map(({ path }) => path))],
    ['src/graph/graph.ts', 'src/operators/sign.ts', 'src/operators/index.ts'],
  );
  t.deepEqual(typeErrors(changes(blocks), ['src/compile.ts', 'src/import/onnx/import.ts']), []);
});

/** Writes a model of the new operator, reads it, and runs it in every engine. Run in the copy. */
const MODEL = `
import { asset } from './src/assets.js';
import { compile } from './src/compile.js';
import { openJs } from './src/engines/js.js';
import { openNode } from './src/engines/node.js';
import { runReference } from './src/engines/reference.js';
import { openWasm3 } from './src/engines/wasm3.js';
import { writeTflite } from './src/export/tflite/write.js';
import { importTflite } from './src/import/tflite/import.js';

const tensor = (index, name, scale, zeroPoint) =>
  ({ index, name, shape: [1, 1, 1, 4], dtype: 'int8', quantization: { scale: [scale], zeroPoint: [zeroPoint], axis: 0 } });
const file = writeTflite({
  name: 'sign',
  tensors: [tensor(0, 'x', 0.5, 3), tensor(1, 'y', 0.25, -1)],
  operators: [{ op: 'SIGN', index: 0, inputs: [0], outputs: [1] }],
  inputs: [0],
  outputs: [1],
});
const graph = importTflite(file);
const input = new Uint8Array(Int8Array.of(-128, 2, 3, 127).buffer);
const { blob } = compile(graph);
const kernels = asset('kernels.wasm');
const sessions = [openNode(blob, kernels), openWasm3(blob, kernels), openJs(blob)];
const outputs = [runReference(graph, [input]), ...sessions.map((session) => session.run([input]))];
console.log(JSON.stringify(outputs.map(([bytes]) => [...new Int8Array(bytes.slice().buffer)])));
`;

test('a model with it is written, read and run by every engine', (t) => {
  const copy = temporaryFolder();
  cpSync(join(ROOT, 'src'), join(copy, 'src'), { recursive: true });
  for (const shared of ['node_modules', 'dist', 'package.json', 'tsconfig.json']) {
    symlinkSync(join(ROOT, shared), join(copy, shared));
  }
  for (const [path, text] of changes(blocks)) writeFileSync(join(copy, path), text);
  writeFileSync(join(copy, 'model.ts'), MODEL);
  const printed = execFileSync(process.execPath, ['--import=tsx', 'model.ts'], { cwd: copy, encoding: 'utf8' });
  // -1 is 4 steps of 0.25 below the zero point -1.
  t.deepEqual(JSON.parse(printed), Array(4).fill([-5, -5, -1, 3]));
});

test('the table has every field that an operator has', (t) => {
  const table = [...page.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell]) => cell.match(/\w+/g) ?? []);
  const definition = readFileSync(join(ROOT, 'src/operators/definition.ts'), 'utf8');
  const [, type] = definition.split('export interface OperatorDefinition<');
  const fields = [...type.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, field]) => field);
  t.deepEqual(table.sort(), [...new Set(fields)].sort());
});

/**
 * The project that `bundle` writes for ESP32 boards, compiled against the headers in esp-idf/, and run on this machine.
 * Espressif's toolchain has not seen it: docs/boards.md.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asset } from '../../src/assets.js';
import { openSession } from '../../src/engines/run.js';
import { readBlob } from '../../src/format/read.js';
import { type Frame, rowBytes } from '../../src/pictures/frame.js';
import { frameToInput } from '../../src/pictures/input.js';
import { pixelBytes } from '../../src/pictures/pixels.js';
import { cli, Folder } from '../cli/cli.js';
import { fixture, missingFixtures } from '../fixtures.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { needs } from '../needs.js';
import { temporaryFolder } from '../temporary.js';
import { HERE, run, SANITIZE } from './gcc.js';
import { missingTools, withTools } from './tools.js';

const IDF = join(HERE, 'esp-idf');
const OURS = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-Wconversion'];
const RV32 = 'riscv64-unknown-elf-gcc';

async function bundle(folder: string, model: string, target: string, ...options: string[]): Promise<void> {
  const { exitCode, stderr } = await cli('bundle', model, '--target', target, '-o', folder, ...options);
  if (exitCode !== 0) throw new Error(stderr);
}

const cFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(folder, name));

const component = (project: string, ...path: string[]): string => join(project, 'components', 'depthwise', ...path);

const includes = (project: string): string[] =>
  [IDF, join(project, 'main'), ...['include', 'core', 'src', 'wasm3'].map((path) => component(project, path))].map(
    (folder) => `-I${folder}`,
  );

/** Sources of ours that the board's own compiler gets. */
const ours = (project: string): string[] => [
  ...cFiles(component(project, 'src')),
  component(project, 'model_kernels.c'),
  ...['main.c', 'picture_test.c', 'picture_camera.c', 'update.c', 'wifi.c'].map((name) => join(project, 'main', name)),
];

interface Compiler {
  tool: string;
  flags: string[];
}
const COMPILERS: Compiler[] = [
  { tool: 'gcc', flags: [] },
  { tool: RV32, flags: ['-march=rv32imc', '-mabi=ilp32', '--specs=picolibc.specs'] },
];

/** Answers of each picture, in lines of JSON. */
const answersIn = (said: string): { label: string | null; index: number; score: number }[][] =>
  [...said.matchAll(/^\{"ms".*$/gm)].map(([line]) => JSON.parse(line).answers);

for (const { tool, flags } of COMPILERS) {
  withTools(test.serial, [tool], `component and example compile without a warning: ${tool}`, async (t) => {
    for (const model of ['digits-mini', 'mobilenet:0.25@96x96x3,2']) {
      const project = join(new Folder().path, 'project');
      await bundle(project, model, 'esp32', '--memory', 'min', '--frame', 'rows');
      for (const defines of [[], ['-DCONFIG_EXAMPLE_UPDATE=1', '-DCONFIG_DEPTHWISE_RUNTIME_BYTES=40960']]) {
        for (const source of ours(project)) {
          run(tool, [...OURS, ...flags, ...defines, ...includes(project), '-O2', '-c', source, '-o', '/dev/null']);
        }
      }
    }
    t.pass();
  });
}

const objects = new Map<string, string[]>();

/** Objects of core and of the runtime's sources, which are the same in every project with these kinds of kernels. */
function runtimeOf(project: string): string[] {
  const header = component(project, 'core', 'dw_kernel.h');
  const kinds = existsSync(header) ? readFileSync(header, 'utf8') : '';
  const folder = temporaryFolder();
  const config = ['-w', '-include', component(project, 'core', 'wasm3_config.h')];
  const isWasm3 = (source: string): boolean => /wasm3/.test(source.slice(project.length));
  const sources = [component(project, 'core'), component(project, 'wasm3')].filter(existsSync).flatMap(cFiles);
  // Tail calls, without which wasm3's native stack grows, take -O2.
  const compile = (source: string, i: number): string => {
    const object = join(folder, `${i}.o`);
    const flags = isWasm3(source) ? config : [];
    run('gcc', ['-std=gnu11', '-O2', ...flags, ...includes(project), '-c', source, '-o', object]);
    return object;
  };
  if (!objects.has(kinds)) objects.set(kinds, sources.map(compile));
  return objects.get(kinds)!;
}

/** Compiles a project and the stand-in for ESP-IDF to a program. Code that wasm3 compiles has 8-byte words here. */
function build(project: string, main: readonly string[], flags: readonly string[] = []): string {
  const program = join(temporaryFolder(), 'program');
  const own = [...cFiles(component(project, 'src')), component(project, 'model_kernels.c')];
  const sources = [...own, ...main.map((name) => join(project, 'main', name)), join(IDF, 'idf.c')];
  const options = [...OURS, ...SANITIZE, '-DCONFIG_DEPTHWISE_RUNTIME_BYTES=200000', ...flags, ...includes(project)];
  run('gcc', [...options, ...sources, ...runtimeOf(project), '-o', program]);
  return program;
}

withTools(test.serial, ['cmake', 'gcc'], 'its CMake files build it, for either runtime', async (t) => {
  for (const runtime of ['wasm3', 'aot']) {
    const project = join(new Folder().path, 'project');
    await bundle(project, 'digits-mini', 'esp32-c3', '--runtime', runtime);
    const output = join(project, 'build');
    process.env.IDF_PATH = IDF;
    run('cmake', ['-S', project, '-B', output]);
    run('cmake', ['--build', output, '--parallel', '2']);
    const said = run(join(output, 'depthwise_example'), [partition(project), '2']);
    t.regex(said, /^test picture: the same 10 bytes as on the desktop$/m);
  }
});

/** The model partition as `flash` leaves it: erased, then the bundle's images. */
function partition(project: string): string {
  const { files, flash } = JSON.parse(readFileSync(join(project, 'bundle.json'), 'utf8'));
  const { address, bytes } = flash.partitions.find(({ name }: { name: string }) => name === 'model');
  const image = new Uint8Array(bytes).fill(0xff);
  for (const file of files) {
    if (typeof file.address === 'number') image.set(readFileSync(join(project, file.path)), file.address - address);
  }
  const path = join(temporaryFolder(), 'partition.bin');
  writeFileSync(path, image);
  return path;
}

withTools(
  test.serial,
  ['gcc'],
  'the bundled project answers as the desktop does, its frame resident and its rows pushed, interpreted and native',
  async (t) => {
    for (const options of [[], ['--memory', 'min', '--frame', 'rows']]) {
      const project = join(new Folder().path, 'project');
      await bundle(project, 'digits', 'esp32-c3', ...options);
      // A slice of 0 ms: other tasks get a turn after each row task.
      const program = build(project, ['main.c', 'picture_test.c'], ['-DCONFIG_DEPTHWISE_SLICE_MS=0']);
      const said = run(program, [partition(project), '4']);
      t.regex(said, /^model 1 in slot 0, \d+ bytes$/m);
      const [[digit]] = answersIn(said);
      t.is(Number(digit.label), digit.index);
      t.true(digit.score > 0.5);
      t.true(said.match(/^test picture: the same 10 bytes as on the desktop$/gm)!.length > 1);
      t.notRegex(said, /other bytes/);
      t.true(Number(/^slices (\d+)$/m.exec(said)?.[1]) > 20, said);
    }
  },
);

/** What the stand-in's camera sees: all bytes of a pixel are its column. */
function cameraFrame(side: number, format: 'grey' | 'rgb565be'): Frame {
  const bytes = rowBytes(format, side);
  const data = Uint8Array.from({ length: bytes * side }, (_, i) => Math.floor(i / (bytes / side)) % side);
  return { width: side, height: side, format, data };
}

for (const { model, frame, fit, options } of [
  {
    model: 'mobilenet:0.25@64x48x3,5',
    frame: cameraFrame(96, 'rgb565be'),
    fit: 'crop',
    options: ['--memory', 'min', '--frame', 'rows'],
  },
  { model: 'mobilenet:0.25@120x100x1,5', frame: cameraFrame(240, 'grey'), fit: 'letterbox', options: [] },
] as const) {
  withTools(
    test.serial,
    ['gcc'],
    `a camera's picture becomes the input that \`run\` makes of it: ${fit}`,
    async (t) => {
      const project = join(new Folder().path, 'project');
      await bundle(project, model, 'esp32', ...options);
      const flags = fit === 'letterbox' ? ['-DCONFIG_EXAMPLE_LETTERBOX=1'] : [];
      const said = run(build(project, ['main.c', 'picture_camera.c'], flags), [partition(project), '1']);

      const blob = new Uint8Array(readFileSync(join(project, 'model.dw')));
      const { inputs, outputs } = readBlob(blob);
      const [, height, width, channels] = inputs[0].shape;
      const bytes = pixelBytes(inputs[0].pixels, inputs[0].dtype);
      const input = frameToInput(frame, { width, height, channels: channels as 1 | 3, bytes }, fit, 'camera').bytes;
      const [output] = openSession(blob, 'node').run([input]);
      const scores = Array.from(new Int8Array(output.buffer, output.byteOffset, output.length));
      const best = Math.max(...scores);
      const score = Number(((best - outputs[0].zeroPoint) * outputs[0].scale).toFixed(3));
      t.deepEqual(answersIn(said)[0], [{ label: null, index: scores.indexOf(best), score }], said);
    },
  );
}

needs(
  test.serial,
  [...missingFixtures, ...missingTools('gcc')],
  'the shared models in the bundled project, interpreted and native',
  async (t: ExecutionContext) => {
    for (const model of ['person_detect', 'vww_96_int8', 'kws_ref_model', 'mobilenet_v1_0.25_128_quant']) {
      for (const runtime of ['wasm3', 'aot']) {
        const project = join(new Folder().path, 'project');
        const options = ['--runtime', runtime, '--memory', 'min', '--frame', 'rows'];
        await bundle(project, fixture('models', `${model}.tflite`), 'esp32', ...options);
        const said = run(build(project, ['main.c', 'picture_test.c']), [partition(project), '1']);
        t.regex(said, /^test picture: the same \d+ bytes as on the desktop$/m, `${model}, ${runtime}: ${said}`);
      }
    }
  },
);

/** Each model that was opened. */
const MODELS = /^model \d+ in slot \d.*?(?=,)/gm;

withTools(
  test.serial,
  ['gcc'],
  'an update over the air: taken, on trial, confirmed; a damaged or unfit one leaves the old model',
  async (t) => {
    const folder = new Folder();
    const project = join(folder.path, 'project');
    await bundle(project, 'digits', 'esp32-c3');
    const everyPicture = ['-DCONFIG_EXAMPLE_UPDATE=1', '-DCONFIG_EXAMPLE_UPDATE_EVERY=1'];
    const program = build(project, ['main.c', 'picture_test.c', 'update.c', 'wifi.c'], everyPicture);
    const flash = partition(project);

    const next = folder.file('next.dw');
    await cli('compile', 'digits', '--memory', 'min', '-o', next);
    const damaged = readFileSync(next);
    damaged[damaged.length - 1] ^= 1;
    const refused = run(program, [flash, '3', folder.write('damaged.dw', damaged)]);
    t.deepEqual(refused.match(MODELS), ['model 1 in slot 0']);

    const taken = run(program, [flash, '3', next]);
    t.deepEqual(taken.match(MODELS), ['model 1 in slot 0', 'model 2 in slot 1 on trial']);
    t.deepEqual(run(program, [flash, '3', next]).match(MODELS), ['model 2 in slot 1']);

    // A model with kernels behind it runs on those; kernels that are none are not confirmed.
    const both = folder.write('both.dw', Buffer.concat([readFileSync(next), asset('kernels.wasm')]));
    const kernels = run(program, [flash, '4', both]);
    t.deepEqual(kernels.match(MODELS), ['model 2 in slot 1', 'model 3 in slot 0 on trial']);
    t.regex(kernels, /^model 3 .* bytes with kernels\n\{"ms":.*"answers":\[\{"label":"\d"/m);
    const broken = folder.write('broken.dw', Buffer.concat([readFileSync(next), Buffer.from('no module')]));
    t.deepEqual(run(program, [flash, '3', broken]).match(MODELS), ['model 3 in slot 0', 'model 3 in slot 0']);

    // Its picture has another size, so its first run fails: back to the one before, and it is not fetched again.
    const b = new GraphBuilder(seededRandom(3));
    const graph = b.graph([b.conv(b.input([1, 4, 4, 2]), 4, { kernel: [1, 1] })]);
    const unfit = folder.file('unfit.dw');
    await cli('compile', folder.model('unfit.tflite', graph), '-o', unfit);
    t.deepEqual(run(program, [flash, '4', unfit]).match(MODELS), [
      'model 3 in slot 0',
      'model 5 in slot 1 on trial',
      'model 3 in slot 0',
    ]);
  },
);

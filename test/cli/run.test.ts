import { readFileSync } from 'node:fs';
import test from 'ava';
import { readNpy } from '../../src/input/npy.js';
import { BUILTIN_OPERATORS } from '../../src/tflite/schema.js';
import { fixture, readFixture, withFixtures } from '../fixtures.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { rawTflite } from '../import/tflite/raw.js';
import { cli, cliJson, Folder } from './cli.js';

const SPEC = 'mobilenet:0.25@32x32x3,4';
const BYTES = 32 * 32 * 3;

/** A folder with `count` records for SPEC in x.bin. */
function records(count: number): Folder {
  const folder = new Folder();
  folder.write(
    'x.bin',
    Uint8Array.from({ length: count * BYTES }, (_, i) => (i * 31) ^ (i >> 7)),
  );
  return folder;
}

test.serial('an inference and its costs, every op counted', async (t) => {
  const folder = records(1);
  const ran = await cliJson('run', SPEC, '--input', folder.file('x.bin'), '--engine', 'wasm3');
  t.like(ran, { engine: 'wasm3', macs: 833_152, imports: ['dw.read'], weights: 'random', records: 1 });
  t.true(ran.ops > 0);
  t.is(ran.opsPerMac, Number((ran.ops / ran.macs).toFixed(3)));
  for (const field of [
    'arenaBytes',
    'scratchBytes',
    'linearMemoryBytes',
    'maxNativeDepth',
    'compiledCodeBytes',
    'streamedBytes',
  ]) {
    t.true(Number.isInteger(ran[field]) && ran[field] > 0, field);
  }
  t.true(ran.linearMemoryBytes >= ran.arenaBytes + ran.scratchBytes);
  t.is(ran.output.length, 1);
  t.is(ran.output[0].length, 4);
  t.is(ran.top.length, 1);
  const [best] = ran.top[0];
  t.is(ran.output[0][best.index], Math.max(...ran.output[0]));
  t.true(best.score >= ran.top[0][1].score);
  const ofSteps = ran.steps.reduce((sum: number, step: { ops: number }) => sum + step.ops, 0);
  t.true(ofSteps > 0.99 * ran.ops && ofSteps <= ran.ops);
  const macs = ran.steps.reduce((sum: number, step: { macs: number }) => sum + step.macs, 0);
  t.is(macs, ran.macs);
});

test.serial('every engine gives the same output; what one cannot count is null', async (t) => {
  const folder = records(2);
  const runs = [];
  for (const engine of ['reference', 'node', 'wasm3', 'js']) {
    runs.push(await cliJson('run', SPEC, '--input', folder.file('x.bin'), '--engine', engine));
  }
  for (const { engine, output, top } of runs) {
    t.deepEqual(output, runs[0].output, engine);
    t.deepEqual(top, runs[0].top, engine);
  }
  t.is(runs[0].ops, null);
  t.is(runs[1].ops, null);
  t.true(runs[1].streamedBytes > 0);
});

test.serial('a .dw file runs as the model it was made from, and takes no options of compile', async (t) => {
  const folder = records(1);
  await cliJson('compile', SPEC, '-o', folder.file('net.dw'));
  const input = ['--input', folder.file('x.bin'), '--engine', 'node'];
  const [model, dw] = [await cliJson('run', SPEC, ...input), await cliJson('run', folder.file('net.dw'), ...input)];
  t.deepEqual(dw.output, model.output);
  t.deepEqual(dw.top, model.top);
  t.is(dw.macs, model.macs);
  const labels = folder.write('labels.txt', 'a\nb\nc\nd\n');
  for (const option of [
    ['--rounding', 'single'],
    ['--labels', labels],
    ['--dead-channels', 'off'],
    ['--layers', folder.file('l')],
  ]) {
    const { exitCode, stderr } = await cli('run', folder.file('net.dw'), ...input, ...option);
    t.is(exitCode, 2, option[0]);
    t.true(stderr.includes(option[0]), stderr);
  }
  t.is((await cli('run', folder.file('net.dw'), '--input', folder.file('x.bin'), '--engine', 'reference')).exitCode, 2);
});

test.serial('a .bin of N records runs N times and writes N outputs; costs are of one', async (t) => {
  const folder = records(3);
  const three = await cliJson(
    'run',
    SPEC,
    '--input',
    folder.file('x.bin'),
    '--engine',
    'wasm3',
    '--output',
    folder.file('y.bin'),
  );
  t.is(three.records, 3);
  t.is(three.output.length, 3);
  t.is(three.top.length, 3);
  const bytes = folder.read('y.bin');
  t.deepEqual([...new Int8Array(bytes.buffer)], three.output.flat());
  folder.write('second.bin', folder.read('x.bin').slice(BYTES, 2 * BYTES));
  const second = await cliJson('run', SPEC, '--input', folder.file('second.bin'), '--engine', 'wasm3');
  t.deepEqual(second.output[0], three.output[1]);
  t.is(second.macs, three.macs);
  t.true(Math.abs(second.ops - three.ops) < 0.01 * three.ops);
});

test.serial('an input of another size ends with 2 and says how many bytes there are and should be', async (t) => {
  const folder = new Folder();
  for (const size of [0, 1, BYTES - 1, BYTES + 1]) {
    const file = folder.write('x.bin', new Uint8Array(size));
    const { exitCode, stdout, stderr } = await cli(
      'run',
      SPEC,
      '--input',
      file,
      '--json',
      '--output',
      folder.file('y.bin'),
    );
    t.is(exitCode, 2, `${size}`);
    t.is(stdout, '');
    t.regex(stderr, new RegExp(`${size} bytes; expected ${BYTES} .*\\[INPUT_SIZE\\]`));
  }
  t.deepEqual(folder.names(), ['x.bin']);
});

test.serial('--output by its name: raw bytes or an .npy array', async (t) => {
  const folder = records(2);
  const { output } = await cliJson(
    'run',
    SPEC,
    '--input',
    folder.file('x.bin'),
    '--engine',
    'node',
    '--output',
    folder.file('y.npy'),
  );
  const { shape, type, values } = readNpy(folder.read('y.npy'), 'y.npy');
  t.is(type, 'i1');
  t.deepEqual(shape, [2, 4]);
  t.deepEqual([...values], output.flat());
  t.deepEqual(folder.names(), ['x.bin', 'y.npy']);
});

test.serial('an output that cannot be written ends with 2', async (t) => {
  const folder = records(1);
  const { exitCode, stderr } = await cli(
    'run',
    SPEC,
    '--input',
    folder.file('x.bin'),
    '--engine',
    'node',
    '--output',
    folder.file('no/y.bin'),
  );
  t.is(exitCode, 2);
  t.regex(stderr, /OUTPUT_UNWRITABLE/);
});

test.serial('--layers writes one file per operator, the same from every engine', async (t) => {
  const folder = records(1);
  const b = new GraphBuilder(seededRandom(9));
  const x = b.pad(b.input([1, 32, 32, 3]), [0, 1, 0, 1]);
  const y = b.conv(x, 4, { padding: 'valid', stride: [2, 2] });
  const relu = b.add({ op: 'RELU' }, [y], b.tensors[y].quantization);
  const model = folder.model('m.tflite', b.graph([b.reshape(b.mean(relu, true), [1, 4])]));
  const names = ['00_PAD.bin', '01_CONV_2D.bin', '02_RELU.bin', '03_MEAN.bin', '04_RESHAPE.bin'];
  const layers = new Map<string, Uint8Array[]>();
  for (const engine of ['reference', 'node', 'wasm3', 'js']) {
    const into = folder.file(`${engine}/layers`);
    await cliJson('run', model, '--input', folder.file('x.bin'), '--engine', engine, '--layers', into);
    const found = new Folder();
    Object.assign(found, { path: into });
    t.deepEqual(found.names(), names, engine);
    layers.set(
      engine,
      names.map((name) => found.read(name)),
    );
  }
  t.is(layers.get('reference')![0].length, 33 * 33 * 3);
  for (const [engine, bytes] of layers) t.deepEqual(bytes, layers.get('reference'), engine);
});

test.serial('several inputs: one --input each, as many records in each', async (t) => {
  const folder = new Folder();
  const b = new GraphBuilder(seededRandom(2));
  const [left, right] = [b.input([1, 2, 2, 3]), b.input([1, 2, 2, 3])];
  const sum = b.add({ op: 'ADD', activation: 'none' }, [left, right]);
  const model = folder.model('two.tflite', b.graph([sum, b.pool('MAX_POOL_2D', sum)]));
  const [one, two] = [folder.write('one.bin', new Uint8Array(12)), folder.write('two.bin', new Uint8Array(24))];
  const input = (...files: string[]) => files.flatMap((file) => ['--input', file]);
  const ran = await cliJson('run', model, ...input(two, two), '--engine', 'node');
  t.is(ran.output.length, 2);
  t.deepEqual(
    ran.output[0].map((values: number[]) => values.length),
    [12, 12],
  );
  for (const files of [[one], [one, one, one]]) {
    const { exitCode, stderr } = await cli('run', model, ...input(...files));
    t.is(exitCode, 2);
    t.regex(stderr, new RegExp(`${files.length} --input given, expected 2`));
  }
  const uneven = await cli('run', model, ...input(one, two));
  t.is(uneven.exitCode, 2);
  t.regex(uneven.stderr, /two\.bin holds 2 records.*one\.bin holds 1/);
});

test.serial('float32 at the edges: real values in, real values out, on every engine', async (t) => {
  const folder = new Folder();
  const b = new GraphBuilder(seededRandom(7));
  const y = b.conv(b.floatInput([1, 2, 2, 2]), 3, { kernel: [1, 1] });
  const model = folder.model('float.tflite', b.graph([b.dequantize(y)]));
  const input = folder.write('x.bin', new Uint8Array(Float32Array.of(-1, -0.5, 0, 0.25, 0.5, 1, 2, 3).buffer));
  const runs = [];
  for (const engine of ['reference', 'node', 'wasm3', 'js']) {
    runs.push(
      await cliJson('run', model, '--input', input, '--engine', engine, '--output', folder.file(`${engine}.bin`)),
    );
  }
  for (const { engine, output } of runs) {
    t.is(output[0].length, 12);
    t.deepEqual(output, runs[0].output, engine);
    t.deepEqual(folder.read(`${engine}.bin`), folder.read('reference.bin'), engine);
  }
  const { scale, zeroPoint } = b.tensors[y].quantization!;
  for (const value of runs[0].output[0]) {
    const byte = value / scale[0] + zeroPoint[0];
    t.true(Math.abs(byte - Math.round(byte)) < 1e-3 && byte > -129 && byte < 128, `${value}`);
  }
});

test.serial('text: the answer, a row per step, the RAM', async (t) => {
  const folder = records(1);
  const labels = folder.write('labels.txt', 'background\ncat\ndog\nfox\n');
  const { stdout, exitCode } = await cli('run', SPEC, '--input', folder.file('x.bin'), '--labels', labels);
  t.is(exitCode, 0);
  t.regex(stdout, /weights: random/);
  t.regex(stdout, /\d +(background|cat|dog|fox) +[\d.]+$/m);
  t.regex(stdout, /ops +[\d,]+ of wasm3, [\d.]+ per MAC/);
  t.regex(stdout, /RAM +arena [\d,]+ B, scratch [\d,]+ B/);
});

withFixtures(test, 'person_detect sees the person', async (t: any) => {
  const folder = new Folder();
  const args = ['run', fixture('models', 'person_detect.tflite'), '--engine', 'node'];
  const ran = await cliJson(
    ...args,
    '--input',
    fixture('golden', 'person_detect', 'person.in.bin'),
    '--output',
    folder.file('y.bin'),
  );
  t.deepEqual(folder.read('y.bin'), readFixture('golden', 'person_detect', 'person.out.bin'));
  t.is(ran.top[0][0].index, 1);
});

test.serial('layers of a file whose computed shapes were left out have the numbers of the file', async (t) => {
  const int32 = (values: number[]) => ({ shape: [2], type: 2, data: new Uint8Array(Int32Array.from(values).buffer) });
  const activation = { scale: [0.5], zeroPoint: [3] };
  const code = (name: string) => BUILTIN_OPERATORS.indexOf(name);
  const model = rawTflite({
    tensors: [
      { shape: [1, 2, 3, 4], ...activation },
      { shape: [1, 24], ...activation },
      { shape: [2], type: 2 },
      int32([1, 20]),
      int32([0, 4]),
    ],
    operators: [
      { code: code('ADD'), inputs: [3, 4], outputs: [2] },
      { code: code('RESHAPE'), inputs: [0, 2], outputs: [1] },
    ],
    inputs: [0],
    outputs: [1],
  });
  const folder = new Folder();
  folder.write('m.tflite', model);
  const input = Uint8Array.from({ length: 24 }, (_, i) => i);
  folder.write('x.bin', input);
  for (const engine of ['reference', 'node', 'wasm3', 'js']) {
    const args = ['--input', folder.file('x.bin'), '--engine', engine, '--layers', folder.file(engine)];
    await cliJson('run', folder.file('m.tflite'), ...args);
    t.deepEqual(new Uint8Array(readFileSync(folder.file(`${engine}/01_RESHAPE.bin`))), input);
  }
});

/** A float .onnx file as MODEL: everything but its accuracy can be told before it is calibrated. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { readBundle } from '../../src/bundle/folder.js';
import { importOnnx } from '../../src/import/onnx/import.js';
import { randomValues, toNhwc } from '../import/onnx/blocks.js';
import { buildOnnx, type ModelSpec } from '../import/onnx/build.js';
import { floatTflite } from '../import/tflite/float-file.js';
import { cli, cliJson, Folder } from './cli.js';

env.wasm.numThreads = 1;

const trained = (name: string) => new URL(`../../tools/train/out/${name}.onnx`, import.meta.url).pathname;
const MINI = trained('digits-mini');
const DIGITS = readFileSync(new URL('../../src/models/digits-samples.bin', import.meta.url));
const ENGINES = ['wasm3', 'node', 'js', 'reference'];

test.serial('every command says that the ranges are random, and stderr how to get real ones', async (t) => {
  const folder = new Folder();
  const dw = folder.file('mini.dw');
  const input = folder.write('digit.bin', new Uint8Array(784));
  const commands: [string[], (json: any) => unknown][] = [
    [['info', MINI], (json) => json.ranges],
    [['compile', MINI, '-o', dw], (json) => json.ranges],
    [['run', MINI, '--input', input], (json) => json.ranges],
    [['budget', MINI, '--target', 'esp32'], (json) => json.models[0].ranges],
    [['bundle', MINI, '--target', 'bangle-js2', '-o', folder.file('js')], (json) => json.ranges],
    [['bundle', MINI, '--target', 'esp32', '-o', folder.file('esp32')], (json) => json.ranges],
  ];
  for (const [command, ranges] of commands) {
    const json = await cliJson(...command);
    t.is(ranges(json), 'random', command[0]);
    t.false('weights' in json, command[0]);
    const { stdout, stderr } = await cli(...command);
    t.regex(stdout, /ranges: random/, command[0]);
    t.is(stderr.split('warning: ').length, 2, command[0]);
    t.regex(stderr, /depthwise quantize .*digits-mini\.onnx --data FILES -o digits-mini\.tflite/, command[0]);
  }
  for (const name of ['js', 'esp32']) t.is(readBundle(folder.file(name)).manifest.ranges, 'random');
  t.regex(readFileSync(folder.file('esp32/README.md'), 'utf8'), /ranges: random/);
  for (const command of [
    ['info', dw],
    ['run', dw, '--input', input],
  ]) {
    t.is((await cliJson(...command)).ranges, 'random', 'a .dw file remembers');
    t.regex((await cli(...command)).stdout, /ranges: random/);
  }
  t.false('ranges' in (await cliJson('info', 'digits-mini')));
});

test.serial('costs are those of the calibrated model', async (t) => {
  for (const name of ['digits', 'digits-mini', 'cifar10']) {
    const price = async (model: string) => (await cliJson('budget', model, '--target', 'esp32')).models[0];
    const before = await price(trained(name));
    const after = await price(name);
    for (const cost of ['macs', 'ops', 'arenaBytes', 'scratchBytes'])
      t.is(before[cost], after[cost], `${name} ${cost}`);
  }
});

test.serial('twice the same bytes', async (t) => {
  const folder = new Folder();
  for (const file of ['a.dw', 'b.dw']) await cliJson('compile', MINI, '-o', folder.file(file));
  t.deepEqual(folder.read('a.dw'), folder.read('b.dw'));
});

test.serial('all engines give the same bytes, near the scores of ONNX Runtime', async (t) => {
  const folder = new Folder();
  const session = await InferenceSession.create(readFileSync(MINI));
  const input = folder.write(
    'digits.bin',
    DIGITS.map((pixel) => pixel - 128),
  );
  const outputs: number[][][] = [];
  for (const engine of ENGINES) outputs.push((await cliJson('run', MINI, '--input', input, '--engine', engine)).output);
  for (const output of outputs) t.deepEqual(output, outputs[0]);
  for (let digit = 0; digit < 10; digit++) {
    const pixels = Float32Array.from(DIGITS.subarray(784 * digit, 784 * (digit + 1)), (pixel) => pixel / 255);
    const { scores } = await session.run({ pixels: new Tensor('float32', pixels, [1, 1, 28, 28]) });
    for (const [i, score] of (scores.data as Float32Array).entries()) {
      t.true(Math.abs((outputs[0][digit][i] + 128) / 256 - score) < 0.02, `digit ${digit}, class ${i}`);
    }
  }
});

/** Two pictures of different width of which the branches meet. */
const TWO_INPUTS: ModelSpec = {
  nodes: [
    { op: 'Conv', inputs: ['left', 'wl', 'bl'], outputs: ['l'], attributes: { pads: [1, 1, 1, 1] } },
    { op: 'Relu', inputs: ['l'], outputs: ['lr'] },
    { op: 'Conv', inputs: ['right', 'wr', 'br'], outputs: ['r'], attributes: { pads: [1, 1, 1, 1], strides: [1, 2] } },
    { op: 'Add', inputs: ['lr', 'r'], outputs: ['sum'] },
    { op: 'GlobalAveragePool', inputs: ['sum'], outputs: ['mean'] },
    { op: 'Flatten', inputs: ['mean'], outputs: ['y'] },
  ],
  constants: {
    wl: { shape: [4, 3, 3, 3], data: randomValues(108, 1) },
    bl: { shape: [4], data: randomValues(4, 2) },
    wr: { shape: [4, 1, 3, 3], data: randomValues(36, 3) },
    br: { shape: [4], data: randomValues(4, 4) },
  },
  inputs: { left: [1, 3, 6, 5], right: [1, 1, 6, 10] },
  outputs: ['y'],
};

test.serial('several inputs, which quantize --data cannot pair', async (t) => {
  const folder = new Folder();
  const bytes = buildOnnx(TWO_INPUTS);
  // Without the extension: the content tells.
  const model = folder.write('two', bytes);
  const [left, right] = [90, 60].map((count, i) => randomValues(count, 10 + i).map((value) => (value + 1) / 2));
  const files = [toNhwc(left, 3), right].map((values, i) =>
    folder.write(
      `${i}.bin`,
      Uint8Array.from(values, (value) => Math.round(value * 255) - 128),
    ),
  );
  const inputs = files.flatMap((file) => ['--input', file]);
  const session = await InferenceSession.create(bytes);
  const tensors = {
    left: new Tensor('float32', left, [1, 3, 6, 5]),
    right: new Tensor('float32', right, [1, 1, 6, 10]),
  };
  const expected = (await session.run(tensors)).y.data as Float32Array;
  t.regex((await cli('info', model)).stderr, /warning: .* Only models with one input can be calibrated/);
  const info = await cliJson('info', model);
  const { scale, zeroPoint } = info.outputs[0];
  const first = (await cliJson('run', model, ...inputs)).output[0] as number[];
  for (const engine of ENGINES)
    t.deepEqual((await cliJson('run', model, ...inputs, '--engine', engine)).output, [first]);
  first.forEach((value, i) => {
    t.true(Math.abs(scale * (value - zeroPoint) - expected[i]) < 3 * scale, `${i}: ${value}, ${expected[i]}`);
  });
});

/** A layer between scales of its own; `last` is what quantises its output. */
const quantisedLayer = (last: ModelSpec['nodes']): ModelSpec => ({
  nodes: [
    { op: 'QuantizeLinear', inputs: ['x', 'xs', 'xz'], outputs: ['xq'] },
    { op: 'DequantizeLinear', inputs: ['xq', 'xs', 'xz'], outputs: ['xd'] },
    { op: 'DequantizeLinear', inputs: ['w', 'ws'], outputs: ['wd'] },
    { op: 'Conv', inputs: ['xd', 'wd'], outputs: ['c'] },
    ...last,
  ],
  constants: {
    xs: { shape: [], data: Float32Array.of(1 / 255) },
    xz: { shape: [], data: Uint8Array.of(0) },
    w: { shape: [2, 1, 1, 1], data: Int8Array.of(127, -50) },
    ws: { shape: [], data: Float32Array.of(0.01) },
    ys: { shape: [], data: Float32Array.of(0.005) },
    yz: { shape: [], data: Uint8Array.of(100) },
  },
  inputs: { x: [1, 1, 4, 4] },
  outputs: ['y'],
});

test.serial('a quantised .onnx is taken with its own scales, rounded once, and not quantised again', async (t) => {
  const folder = new Folder();
  const pair = [
    { op: 'QuantizeLinear', inputs: ['c', 'ys', 'yz'], outputs: ['yq'] },
    { op: 'DequantizeLinear', inputs: ['yq', 'ys', 'yz'], outputs: ['y'] },
  ];
  const model = folder.write('own.onnx', buildOnnx(quantisedLayer(pair)));
  const { stdout, stderr } = await cli('info', model);
  t.regex(stdout, /input .*int8, scale 0.00392\d+, zero point -128/);
  t.false(/random/.test(stdout + stderr));
  const info = await cliJson('info', model);
  t.like(info.outputs[0], { scale: Math.fround(0.005), zeroPoint: -28 });
  const dw = folder.file('own.dw');
  await cliJson('compile', model, '-o', dw);
  t.is((await cliJson('info', dw)).rounding, 'single');
  await cliJson('compile', model, '-o', dw, '--rounding', 'double');
  t.is((await cliJson('info', dw)).rounding, 'double');

  const data = ['--data', folder.write('data.bin', new Uint8Array(32)), '-o', folder.file('out.tflite')];
  t.like(await cli('quantize', model, ...data), { exitCode: 2 });
  t.regex((await cli('quantize', model, ...data)).stderr, /own\.onnx is quantised already.*every command takes it/);
  const part = folder.write('part.onnx', buildOnnx(quantisedLayer([{ op: 'Relu', inputs: ['c'], outputs: ['y'] }])));
  t.is((await cliJson('info', part)).ranges, 'random');
  t.is((await cliJson('quantize', part, ...data)).input.scale, Math.fround(1 / 255));
  for (const option of [['--equalize'], ['--input-range', '-1,1']]) {
    const refused = await cli('quantize', part, ...data, ...option);
    t.is(refused.exitCode, 2);
    t.regex(refused.stderr, new RegExp(`in part.*${option[0]} would change`));
  }
});

test.serial('a float .tflite is a MODEL, and quantised, as a float .onnx is', async (t) => {
  const folder = new Folder();
  const graph = importOnnx(readFileSync(MINI), 'digits-mini');
  const model = folder.write('mini.tflite', floatTflite(graph, 'float16'));
  const { stdout, stderr } = await cli('info', model);
  t.regex(stdout, /ranges: random/);
  t.regex(stderr, /depthwise quantize .*mini\.tflite --data FILES -o mini_int8\.tflite/);
  const price = async (file: string) => (await cliJson('budget', file, '--target', 'esp32')).models[0];
  const [ours, theirs] = [await price(model), await price(MINI)];
  for (const cost of ['macs', 'ops', 'arenaBytes']) t.is(ours[cost], theirs[cost], cost);

  const digits = folder.write(
    'digits.bin',
    DIGITS.map((pixel) => pixel - 128),
  );
  const out = folder.file('mini_int8.tflite');
  await cliJson('quantize', model, '--data', digits, '-o', out);
  const output = (await cliJson('run', out, '--input', digits, '--engine', 'node')).output as number[][];
  const answers = output.map((scores) => scores.indexOf(Math.max(...scores)));
  t.deepEqual(answers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const again = await cli('quantize', out, '--data', digits, '-o', folder.file('again.tflite'));
  t.is(again.exitCode, 2);
  t.regex(again.stderr, /quantised already/);
});

test.serial('what cannot be imported is refused, and nothing is written', async (t) => {
  const folder = new Folder();
  const integer = buildOnnx({
    nodes: [{ op: 'ConvInteger', inputs: ['x', 'w'], outputs: ['y'] }],
    constants: { w: { shape: [1, 3, 3, 3], data: new Int8Array(27) } },
    inputs: { x: [1, 3, 8, 8] },
    outputs: ['y'],
  });
  const endless = buildOnnx({
    nodes: [{ op: 'Conv', inputs: ['x', 'w', 'b'], outputs: ['y'] }],
    constants: {
      w: { shape: [64, 64, 3, 3], data: randomValues(36_864, 1) },
      b: { shape: [64], data: randomValues(64, 2) },
    },
    inputs: { x: [1, 64, 514, 258] },
    outputs: ['y'],
  });
  const wrong: [string, Uint8Array, RegExp][] = [
    ['endless.onnx', endless, /multiply-accumulates.*MODEL_TOO_LARGE/s],
    ['integer.onnx', integer, /ConvInteger.*MODEL_UNSUPPORTED/s],
    ['short.onnx', readFileSync(MINI).subarray(0, 999), /truncated.*MODEL_INVALID/s],
    ['empty.onnx', new Uint8Array(), /MODEL_INVALID/],
    ['text.onnx', new TextEncoder().encode('not found'), /MODEL_INVALID/],
  ];
  for (const [name, bytes, message] of wrong) {
    const { exitCode, stderr } = await cli('compile', folder.write(name, bytes), '-o', folder.file('out.dw'));
    t.is(exitCode, 3, name);
    t.regex(stderr, message);
    t.false(folder.names().includes('out.dw'));
  }
});

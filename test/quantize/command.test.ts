import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { quantizeCommand } from '../../src/cli/quantize.js';
import { DepthwiseError } from '../../src/errors.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { writeNpy } from '../../src/input/npy.js';

const MODEL = new URL('../../tools/train/out/digits-mini.onnx', import.meta.url).pathname;
const DIGITS = new URL('../../src/models/digits-samples.bin', import.meta.url).pathname;

/** Runs `depthwise quantize` in a folder of its own; gives what it printed. */
async function quantize(folder: string, args: string[]): Promise<string> {
  const printed: string[] = [];
  const { write } = process.stdout;
  process.stdout.write = ((text: string) => printed.push(text) > 0) as typeof write;
  try {
    await quantizeCommand()
      .exitOverride()
      .parseAsync(
        args.map((arg) => arg.replace('@', `${folder}/`)),
        { from: 'user' },
      );
  } finally {
    process.stdout.write = write;
  }
  return printed.join('');
}

test.beforeEach((t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quantize-'));
  // The samples are pixels; a .bin holds the model's own int8 bytes.
  writeFileSync(
    join(folder, 'digits.bin'),
    readFileSync(DIGITS).map((pixel) => pixel - 128),
  );
  t.context = folder;
});
test.afterEach.always((t) => rmSync(t.context as string, { recursive: true, force: true }));

test.serial(
  '--json lists every layer with its signal to noise; the file has the labels and maps pixels by -128',
  async (t) => {
    const folder = t.context as string;
    writeFileSync(join(folder, 'labels.txt'), '0123456789'.split('').join('\n'));
    const args = ['--data', '@digits.bin', '-o', '@out.tflite', '--labels', '@labels.txt', '--json'];
    const result = JSON.parse(await quantize(folder, [MODEL, ...args]));
    const bytes = readFileSync(join(folder, 'out.tflite'));
    const graph = importTflite(bytes, 'out');
    t.is(result.bytes, bytes.length);
    t.is(result.samples, 10);
    t.is(result.layers.length, graph.operators.length);
    for (const { name, sqnr } of result.layers) t.true(sqnr > 20, `${name}: ${sqnr} dB`);
    const shares: number[] = result.layers.map(({ share }: { share: number }) => share);
    t.true(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-9);
    t.deepEqual(graph.labels, '0123456789'.split(''));
    t.deepEqual(graph.tensors[graph.inputs[0]].quantization?.scale, [Math.fround(1 / 255)]);
    t.deepEqual(graph.tensors[graph.inputs[0]].quantization?.zeroPoint, [-128]);
  },
);

test.serial('real values in an .npy calibrate as the same pixels do', async (t) => {
  const folder = t.context as string;
  const real = Float32Array.from(readFileSync(DIGITS), (pixel) => pixel / 255);
  writeFileSync(join(folder, 'digits.npy'), writeNpy('float32', [10, 28, 28, 1], new Uint8Array(real.buffer)));
  await quantize(folder, [MODEL, '--data', '@digits.npy', '-o', '@a.tflite']);
  await quantize(folder, [MODEL, '--data', '@digits.bin', '-o', '@b.tflite']);
  t.deepEqual(readFileSync(join(folder, 'a.tflite')), readFileSync(join(folder, 'b.tflite')));
});

test.serial('without --json there is a table of all layers', async (t) => {
  const text = await quantize(t.context as string, [MODEL, '--data', '@digits.bin', '-o', '@out.tflite']);
  t.regex(text, /signal to noise dB/);
  t.regex(text, /DEPTHWISE_CONV_2D .*depthwise1.* \d+\.\d/);
  t.regex(text, /Layer \d+ \([A-Z0-9_]+\) costs most: \d+\.\d %/);
  t.regex(text, /int8 = pixel - 128: pixel 0 is 0, pixel 255 is 1/);
});

for (const [title, args] of Object.entries({
  'another choice of ranges': ['--ranges', 'mse'],
  equalisation: ['--equalize'],
  'bias correction': ['--correct-bias'],
})) {
  test.serial(`${title} gives another file of the same size`, async (t) => {
    const folder = t.context as string;
    await quantize(folder, [MODEL, '--data', '@digits.bin', '-o', '@a.tflite']);
    await quantize(folder, [MODEL, '--data', '@digits.bin', '-o', '@b.tflite', ...args]);
    const [a, b] = ['a', 'b'].map((name) => readFileSync(join(folder, `${name}.tflite`)));
    t.is(a.length, b.length);
    t.notDeepEqual(a, b);
  });
}

const failures: [title: string, args: string[], code: string][] = [
  ['labels of another number', ['--data', '@digits.bin', '--labels', '@two.txt'], 'USAGE'],
  ['data of another size', ['--data', '@two.txt'], 'INPUT_SIZE'],
  ['a range without 0', ['--data', '@digits.bin', '--input-range', '1,2'], 'USAGE'],
];
for (const [title, args, code] of failures) {
  test.serial(`${title}: an error, and nothing is written`, async (t) => {
    const folder = t.context as string;
    writeFileSync(join(folder, 'two.txt'), 'a\nb\n');
    const before = readdirSync(folder);
    const error = await t.throwsAsync(quantize(folder, [MODEL, ...args, '-o', '@out.tflite']), {
      instanceOf: DepthwiseError,
    });
    t.is(error?.code, code as DepthwiseError['code']);
    t.deepEqual(readdirSync(folder), before);
  });
}

test.serial('a folder that does not exist: an error, and nothing is left', async (t) => {
  const folder = t.context as string;
  const args = [MODEL, '--data', '@digits.bin', '-o', '@missing/out.tflite'];
  await t.throwsAsync(quantize(folder, args), { code: 'OUTPUT_UNWRITABLE' });
  t.false(existsSync(join(folder, 'missing')));
});

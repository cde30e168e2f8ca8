/**
 * From tools/train/out/NAME.onnx (written by train.py or cifar10.py) to what is shipped in src/models: NAME.tflite,
 * NAME.json (figures of the model card) and digits-samples.bin, the first held-out digit of each class, 784 pixel bytes
 * each. Run `npm run build` first: the pictures are counted with the wasm kernels.
 *
 *     npx tsx tools/train/build-models.ts digits digits-mini
 *     npx tsx tools/train/build-models.ts cifar10 --data ARCHIVE
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { graphCost } from '../../src/analysis/cost.js';
import { compile } from '../../src/compile.js';
import { openRunner } from '../../src/engines/run.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import { importOnnx } from '../../src/import/onnx/import.js';
import { DEFAULT_PIXEL_RANGE, type PixelRange, pixelMap } from '../../src/quantize/pixels.js';
import { DEFAULT_OPTIONS, type QuantizeOptions, quantizeWithSamples } from '../../src/quantize/post-training.js';
import { LABELS, loadCifar10 } from '../eval/cifar10.js';
import { loadDigits } from '../eval/digits.js';
import { int8Pixels, type Sample, spread } from '../eval/sample.js';
import { countRight } from '../eval/score.js';

const CALIBRATION_SAMPLES = 512;
const DIGIT_LABELS = Array.from({ length: 10 }, (_, digit) => String(digit));

interface Recipe {
  labels: readonly string[];
  range: PixelRange;
  options: QuantizeOptions;
  calibration: Sample[];
  heldOut: Sample[];
}

const folder = new URL('../../src/models/', import.meta.url);
const { values, positionals } = parseArgs({ allowPositionals: true, options: { data: { type: 'string' } } });
for (const name of positionals) build(name, name === 'cifar10' ? await cifar10() : digits());

function digits(): Recipe {
  const heldOut = loadDigits(['heldOut']);
  const samples = DIGIT_LABELS.map((_, label) => heldOut.find((digit) => digit.label === label)!);
  writeFileSync(new URL('digits-samples.bin', folder), Buffer.concat(samples.map(({ pixels }) => pixels)));
  const calibration = spread(loadDigits(['fit', 'validation']), CALIBRATION_SAMPLES);
  return { labels: DIGIT_LABELS, range: DEFAULT_PIXEL_RANGE, options: DEFAULT_OPTIONS, calibration, heldOut };
}

/** The range is that of `real` in cifar10.py: (pixel - 128) / 64. */
async function cifar10(): Promise<Recipe> {
  if (!values.data) throw new Error('cifar10: give the archive of the pictures with --data');
  const calibration = await loadCifar10(values.data, 'fit', (entries) => spread(entries, CALIBRATION_SAMPLES));
  const heldOut = await loadCifar10(values.data, 'test');
  const range = { black: -128 / 64, white: 127 / 64 };
  return { labels: LABELS, range, options: { ...DEFAULT_OPTIONS, correctBias: true }, calibration, heldOut };
}

function build(name: string, { labels, range, options, calibration, heldOut }: Recipe): void {
  const out = new URL(`out/${name}`, import.meta.url);
  const metrics = JSON.parse(readFileSync(`${out.pathname}.json`, 'utf8'));
  const float = importOnnx(readFileSync(`${out.pathname}.onnx`), name);
  const records = calibration.map((sample) => [int8Pixels(sample)]);
  const { graph: quantized, layers } = quantizeWithSamples(float, records, [pixelMap(range)], options);
  const graph = { ...quantized, labels };
  const tflite = writeTflite(graph);
  const runner = openRunner(graph, compile(graph), 'node');
  const correct = countRight(heldOut, (input) => runner.run([input])[0]);
  const { macs, weightBytes } = graphCost(graph);
  const card = {
    name,
    command: metrics.command,
    data: metrics.data,
    trainingSamples: metrics.trainingSamples,
    calibrationSamples: CALIBRATION_SAMPLES,
    macs,
    weightBytes,
    tfliteBytes: tflite.length,
    heldOut: { total: heldOut.length, floatCorrect: metrics.heldOutFloat.correct, int8Correct: correct },
    layers: layers.map(({ op, name, sqnr }) => ({ op, name, sqnr: Number(sqnr.toFixed(2)) })),
  };
  writeFileSync(new URL(`${name}.tflite`, folder), tflite);
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(card, null, 2)}\n`);
  console.log(`${name}: int8 ${correct}/${heldOut.length}, float ${metrics.heldOutFloat.correct}/${heldOut.length}`);
}

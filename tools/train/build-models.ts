/**
 * From tools/train/out/NAME.onnx (written by train.py) to what is shipped in src/models: NAME.tflite, NAME.json (figures
 * of the model card) and digits-samples.bin, the first held-out digit of each class, 784 pixel bytes each.
 *
 *     npx tsx tools/train/build-models.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { runReference } from '../../src/engines/reference.js';
import { writeTflite } from '../../src/export/tflite/write.js';
import { graphCost } from '../../src/graph/cost.js';
import { importOnnx } from '../../src/import/onnx/import.js';
import { DEFAULT_PIXEL_RANGE, pixelMap } from '../../src/quantize/pixels.js';
import { quantizeWithSamples } from '../../src/quantize/post-training.js';
import { type Digit, loadDigits, spread } from '../eval/digits.js';
import { countRight } from '../eval/score.js';

const CALIBRATION_DIGITS = 512;
const LABELS = Array.from({ length: 10 }, (_, digit) => String(digit));

const folder = new URL('../../src/models/', import.meta.url);
const heldOut = loadDigits(['heldOut']);
const calibration = spread(loadDigits(['fit', 'validation']), CALIBRATION_DIGITS);

for (const name of ['digits', 'digits-mini']) build(name);
const samples = LABELS.map((_, label) => heldOut.find((digit) => digit.label === label)!);
writeFileSync(new URL('digits-samples.bin', folder), Buffer.concat(samples.map(({ pixels }) => pixels)));

function build(name: string): void {
  const out = new URL(`out/${name}`, import.meta.url);
  const metrics = JSON.parse(readFileSync(`${out.pathname}.json`, 'utf8'));
  const float = importOnnx(readFileSync(`${out.pathname}.onnx`), name);
  const records = calibration.map(({ pixels }: Digit) => [pixels.map((pixel) => pixel - 128)]);
  const { graph, layers } = quantizeWithSamples(float, records, [pixelMap(DEFAULT_PIXEL_RANGE)]);
  const tflite = writeTflite({ ...graph, labels: LABELS });
  const correct = countRight(heldOut, (input) => runReference(graph, [input])[0]);
  const { macs, weightBytes } = graphCost(graph);
  const card = {
    name,
    command: metrics.command,
    data: metrics.data,
    trainingDigits: metrics.digits.fit + metrics.digits.validation,
    calibrationDigits: CALIBRATION_DIGITS,
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

import test from 'ava';
import { asset } from '../../src/assets.js';
import { perTensor } from '../../src/graph/graph.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { type PixelMapping, pixelBytes, pixelMapping, type Quantised } from '../../src/pictures/pixels.js';

const port = (dtype: 'int8' | 'uint8', scale: number, zeroPoint: number): Quantised => ({
  dtype,
  scale: Math.fround(scale),
  zeroPoint,
});
const signed = (bytes: Uint8Array): number[] => [...new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)];
const PIXELS = [...Array(256).keys()];

/** With the byte for each pixel. */
function mapping(model: Quantised): PixelMapping & { bytes: Uint8Array } {
  const found = pixelMapping(model);
  return { ...found, bytes: pixelBytes(found, model.dtype) };
}

/** Real models, and what tools write for the usual preparations. */
const LEVEL_FOR_LEVEL: [name: string, port: Quantised][] = [
  ['person_detect', port('int8', 0.00784313772, -1)],
  ['vww_96_int8', port('int8', 1 / 255, -128)],
  ['(pixel - 128) / 128', port('int8', 1 / 128, 0)],
  ['(pixel - 127.5) / 127.5, zero point 0', port('int8', 2 / 255, 0)],
  ['raw pixels', port('int8', 1, -128)],
  ['pixel - 128', port('int8', 1, 0)],
  ['mobilenet_v1_0.25_128_quant', port('uint8', 1 / 128, 128)],
  ['uint8, pixel / 255', port('uint8', 1 / 255, 0)],
  ['uint8, pixel / 256', port('uint8', 1 / 256, 0)],
  ['uint8, -1 to 1', port('uint8', 1 / 127.5, 127)],
  ['uint8, raw pixels', port('uint8', 1, 0)],
];

for (const [name, model] of LEVEL_FOR_LEVEL) {
  test(`level for level: ${name}`, (t) => {
    const { bytes, rule, guess } = mapping(model);
    if (model.dtype === 'int8') {
      t.deepEqual(
        signed(bytes),
        PIXELS.map((pixel) => pixel - 128),
      );
    } else {
      t.deepEqual([...bytes], PIXELS);
    }
    t.is(rule, model.dtype === 'int8' ? 'pixel - 128' : 'pixel as it is');
    t.false(guess);
  });
}

test('a range a little off [0, 1] is quantised from pixel / 255', (t) => {
  const { bytes, rule, guess } = mapping(port('int8', 0.0038, -128));
  t.deepEqual(
    signed(bytes),
    PIXELS.map((p) => Math.min(127, Math.round(p / 255 / Math.fround(0.0038)) - 128)),
  );
  t.regex(rule, /pixels mapped to \[0, 1\], then quantised/);
  t.false(guess);
});

test('[-1, 1] with room to spare is quantised from pixel / 127.5 - 1', (t) => {
  const { bytes, guess } = mapping(port('int8', 0.0085, 3));
  t.is(signed(bytes)[0], Math.round(-1 / 0.0085) + 3);
  t.is(signed(bytes)[255], Math.round(1 / 0.0085) + 3);
  t.false(guess);
});

test('a range like none of the usual ones is a guess, and says so', (t) => {
  // ImageNet's mean and deviation: (0 - 0.485) / 0.229 to (1 - 0.406) / 0.225.
  const { bytes, rule, guess } = mapping(port('int8', 0.0186, -14));
  t.true(guess);
  t.regex(rule, /^pixel - 128, a guess: the model takes \[-2\.12, 2\.62\d?\]; an \.npy of real values is certain/);
  t.deepEqual(
    signed(bytes),
    PIXELS.map((pixel) => pixel - 128),
  );
});

test('cifar10, whose range is [-2, 127/64], gets the pixel - 128 that it was trained with', (t) => {
  const { tensors, inputs } = importTflite(asset('models/cifar10.tflite'), 'cifar10');
  const { scale, zeroPoint } = perTensor(tensors[inputs[0]]);
  t.is(scale, 1 / 64);
  t.deepEqual(
    signed(mapping(port('int8', scale, zeroPoint)).bytes),
    PIXELS.map((pixel) => pixel - 128),
  );
});

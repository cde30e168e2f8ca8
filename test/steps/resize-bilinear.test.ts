/** Bilinear resizing: every engine gives the bytes of src/kernels/reference/resize-bilinear.ts. */
import test from 'ava';
import fc from 'fast-check';
import { bilinearPlaces, resizeBilinear } from '../../src/kernels/reference/resize-bilinear.js';
import { words } from '../../src/lower/tables.js';
import { KIND_RESIZE_BILINEAR, STEP_UNSIGNED_ROUNDING } from '../../src/program/layout.js';
import { seededRandom } from '../graph/builder.js';
import { randomValues, runEverywhere, stepProgram } from './programs.js';

const length = (most: number) => fc.integer({ min: 1, max: most });
const MODES = [
  { alignCorners: false, halfPixelCenters: false },
  { alignCorners: true, halfPixelCenters: false },
  { alignCorners: false, halfPixelCenters: true },
];

test('any sizes, three ways of placing pixels, int8 by both roundings and uint8', (t) => {
  const property = fc.property(
    fc.tuple(length(9), length(9), length(20), length(20), length(5)),
    fc.constantFrom(...MODES),
    fc.constantFrom('double' as const, 'single' as const),
    fc.boolean(),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    ([inputHeight, inputWidth, outputHeight, outputWidth, channels], mode, rounding, unsigned, seed) => {
      const rows = bilinearPlaces(inputHeight, outputHeight, mode);
      const columns = bilinearPlaces(inputWidth, outputWidth, mode);
      const p = { inputHeight, inputWidth, outputHeight, outputWidth, channels, rows, columns };
      const input = randomValues(seededRandom(seed), inputHeight * inputWidth * channels);
      const output = new Int8Array(outputHeight * outputWidth * channels);
      if (unsigned) {
        const bytes = new Uint8Array(output.length);
        resizeBilinear(
          Uint8Array.from(input, (value) => value + 128),
          bytes,
          p,
          rounding,
        );
        output.set(bytes.map((value) => value ^ 128));
      } else {
        resizeBilinear(input, output, p, rounding);
      }
      const table = words(rows.distance, rows.start, columns.distance, columns.start);
      const step = { kind: KIND_RESIZE_BILINEAR, table, flags: unsigned ? STEP_UNSIGNED_ROUNDING : 0 } as const;
      const [from, to] = [
        [inputHeight, inputWidth, channels],
        [outputHeight, outputWidth, channels],
      ] as const;
      runEverywhere(stepProgram([...from], [...to], step, rounding), input, output);
    },
  );
  t.notThrows(() => fc.assert(property, { numRuns: 100, seed: 32, includeErrorInReport: true }));
});

test('twice the size of a row: the values between, and the last one again', (t) => {
  const input = Int8Array.of(0, 10, -20);
  const output = new Int8Array(6);
  const columns = bilinearPlaces(3, 6, MODES[0]);
  t.deepEqual(columns, { distance: 512, start: 0 });
  const rows = bilinearPlaces(1, 1, MODES[0]);
  resizeBilinear(input, output, {
    inputHeight: 1,
    inputWidth: 3,
    outputHeight: 1,
    outputWidth: 6,
    channels: 1,
    rows,
    columns,
  });
  t.deepEqual([...output], [0, 5, 10, -5, -20, -20]);
});

test('a rounded distance that leads beyond the last pixel stays on it', (t) => {
  // 1024 / 600 is 1.7, rounded to 2: from pixel 512 of the output on, places are beyond the only pixel.
  const columns = bilinearPlaces(1, 600, MODES[0]);
  t.is(columns.distance, 2);
  const output = new Int8Array(600);
  const rows = bilinearPlaces(1, 1, MODES[0]);
  const p = { inputHeight: 1, inputWidth: 1, outputHeight: 1, outputWidth: 600, channels: 1, rows, columns };
  resizeBilinear(Int8Array.of(-7), output, p);
  t.true(output.every((value) => value === -7));
  const table = words(rows.distance, rows.start, columns.distance, columns.start);
  t.notThrows(() =>
    runEverywhere(stepProgram([1, 1, 1], [1, 600, 1], { kind: KIND_RESIZE_BILINEAR, table }), Int8Array.of(-7), output),
  );
});

/** L2 normalisation: every engine gives the bytes of src/kernels/reference/l2-normalization.ts. */
import test from 'ava';
import fc from 'fast-check';
import { inverseSquareRoot } from '../../src/kernels/reference/gemmlowp.js';
import { l2Normalization } from '../../src/kernels/reference/l2-normalization.js';
import { KIND_L2_NORMALIZE, STEP_UNSIGNED_ROUNDING } from '../../src/program/layout.js';
import { seededRandom } from '../graph/builder.js';
import { randomValues, runEverywhere, stepProgram } from './programs.js';

test('the inverse square root of every size of number', (t) => {
  t.deepEqual(inverseSquareRoot(0), { multiplier: 2 ** 31 - 1, shift: 0 });
  t.deepEqual(inverseSquareRoot(1), { multiplier: 2 ** 31 - 1, shift: 0 });
  for (let x = 2; x < 2 ** 31; x = Math.ceil(x * 1.37)) {
    const { multiplier, shift } = inverseSquareRoot(x);
    t.true(multiplier > 0 && multiplier < 2 ** 31 && shift <= 0, String(x));
    const root = multiplier * 2 ** (shift - 31);
    t.true(Math.abs(root * Math.sqrt(x) - 1) < 1e-4, `1 / sqrt(${x}) = ${root}`);
  }
});

test('any shape, zero point and size of values, int8 by both roundings and uint8', (t) => {
  const property = fc.property(
    fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 70 })),
    fc.integer({ min: -128, max: 127 }),
    fc.integer({ min: 0, max: 7 }),
    fc.constantFrom('double' as const, 'single' as const),
    fc.boolean(),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    ([height, width, channels], inputZeroPoint, bits, rounding, unsigned, seed) => {
      const pixels = height * width;
      const clip = (value: number) => Math.min(127, Math.max(-128, value));
      const input = randomValues(seededRandom(seed), pixels * channels).map((v) => clip((v >> bits) + inputZeroPoint));
      const output = new Int8Array(input.length);
      if (unsigned) {
        const bytes = new Uint8Array(input.length);
        const p = { pixels, channels, inputZeroPoint: inputZeroPoint + 128 };
        l2Normalization(
          Uint8Array.from(input, (value) => value + 128),
          bytes,
          p,
          rounding,
        );
        output.set(bytes.map((value) => value ^ 128));
      } else {
        l2Normalization(input, output, { pixels, channels, inputZeroPoint }, rounding);
      }
      const flags = unsigned ? STEP_UNSIGNED_ROUNDING : 0;
      const step = { kind: KIND_L2_NORMALIZE, flags, inputZeroPoint } as const;
      runEverywhere(stepProgram([height, width, channels], [height, width, channels], step, rounding), input, output);
    },
  );
  t.notThrows(() => fc.assert(property, { numRuns: 100, seed: 33, includeErrorInReport: true }));
});

/** Sums, greatest and least values and their places: every engine gives the bytes of src/kernels/reference/reduce.ts. */
import test from 'ava';
import fc from 'fast-check';
import { quantizeMultiplier } from '../../src/kernels/reference/fixedpoint.js';
import { type ReduceShape, reduceIndex, reduceMost, reduceSum } from '../../src/kernels/reference/reduce.js';
import { words } from '../../src/lower/tables.js';
import { KIND_REDUCE, STEP_GREATEST, STEP_LEAST } from '../../src/program/layout.js';
import { seededRandom } from '../graph/builder.js';
import { randomValues, runEverywhere, type Shape, stepProgram } from './programs.js';

const shapes = fc.record({
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 12 }),
  overHeight: fc.boolean(),
  overWidth: fc.boolean(),
  overChannels: fc.boolean(),
});

function outputShape(p: ReduceShape, bytes = 1): Shape {
  return [p.overHeight ? 1 : p.height, p.overWidth ? 1 : p.width, (p.overChannels ? 1 : p.channels) * bytes];
}

const sizeOf = ([height, width, channels]: Shape): number => height * width * channels;
const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const options = { numRuns: 80, seed: 31, includeErrorInReport: true };

test('sums and means over any axes, at any scale, by both roundings', (t) => {
  const property = fc.property(
    shapes,
    seeds,
    fc.double({ min: 1e-4, max: 2, noNaN: true }),
    fc.integer({ min: -128, max: 127 }),
    fc.integer({ min: -128, max: 127 }),
    fc.constantFrom('double' as const, 'single' as const),
    (shape, seed, scale, inputZeroPoint, outputZeroPoint, rounding) => {
      const random = seededRandom(seed);
      const from: Shape = [shape.height, shape.width, shape.channels];
      const to = outputShape(shape);
      const factor = quantizeMultiplier(scale);
      const [clampLow, clampHigh] = [-128 + Math.floor(random() * 20), 127 - Math.floor(random() * 20)];
      const p = { ...shape, ...factor, inputZeroPoint, outputZeroPoint, clampLow, clampHigh };
      const input = randomValues(random, sizeOf(from));
      const expected = new Int8Array(sizeOf(to));
      reduceSum(input, expected, p, rounding);
      const table = words(factor.multiplier, factor.shift);
      const step = { kind: KIND_REDUCE, table, inputZeroPoint, outputZeroPoint, clampLow, clampHigh } as const;
      runEverywhere(stepProgram(from, to, step, rounding), input, expected);
    },
  );
  t.notThrows(() => fc.assert(property, options));
});

const MOST = { greatest: STEP_GREATEST, least: STEP_LEAST };

test('greatest and least values over any axes', (t) => {
  const property = fc.property(
    shapes,
    seeds,
    fc.constantFrom('greatest' as const, 'least' as const),
    (p, seed, which) => {
      const from: Shape = [p.height, p.width, p.channels];
      const to = outputShape(p);
      const input = randomValues(seededRandom(seed), sizeOf(from));
      const expected = new Int8Array(sizeOf(to));
      reduceMost(input, expected, p, which);
      runEverywhere(stepProgram(from, to, { kind: KIND_REDUCE, flags: MOST[which] }), input, expected);
    },
  );
  t.notThrows(() => fc.assert(property, options));
});

test('the place of the first greatest or least value along an axis, as int32 and int64', (t) => {
  const axes = fc.constantFrom('overHeight', 'overWidth', 'overChannels');
  const property = fc.property(
    shapes,
    axes,
    seeds,
    fc.constantFrom('greatest' as const, 'least' as const),
    fc.constantFrom(4, 8),
    (shape, axis, seed, which, bytes) => {
      const p = { ...shape, overHeight: false, overWidth: false, overChannels: false, [axis]: true };
      const from: Shape = [p.height, p.width, p.channels];
      const to = outputShape(p, bytes);
      // Few values, so that the first of several counts.
      const input = randomValues(seededRandom(seed), sizeOf(from)).map((value) => value >> 5);
      const places = new Int32Array(sizeOf(outputShape(p)));
      reduceIndex(input, places, p, which);
      const expected = new Int8Array(sizeOf(to));
      const view = new DataView(expected.buffer);
      for (const [i, place] of places.entries()) view.setInt32(i * bytes, place, true);
      const step = { kind: KIND_REDUCE, flags: MOST[which], depthMultiplier: bytes } as const;
      runEverywhere(stepProgram(from, to, step), input, expected);
    },
  );
  t.notThrows(() => fc.assert(property, options));
});

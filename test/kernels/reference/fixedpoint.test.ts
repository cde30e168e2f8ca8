import test from 'ava';
import fc from 'fast-check';
import {
  multiplyByQuantizedMultiplier,
  quantizeMultiplier,
  roundHalfAwayFromZero,
  roundingDivideByPowerOfTwo,
  saturatingRoundingDoublingHighMul,
} from '../../../src/kernels/reference/fixedpoint.js';

const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;

// --- the same functions in exact integers, as gemmlowp writes them ------------------------------------------------

const wrap = (x: bigint) => Number(BigInt.asIntN(32, x));

/** Truncating division by 2^31 after a nudge that depends on the sign of the product. */
function highMul(a: number, b: number): number {
  if (a === MIN && b === MIN) return MAX;
  const product = BigInt(a) * BigInt(b);
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  return wrap((product + nudge) / (1n << 31n));
}

/** Mask, remainder and threshold. */
function divideByPot(x: number, exponent: number): number {
  const mask = (1n << BigInt(exponent)) - 1n;
  const remainder = BigInt(x) & mask;
  const threshold = (mask >> 1n) + (x < 0 ? 1n : 0n);
  return wrap((BigInt(x) >> BigInt(exponent)) + (remainder > threshold ? 1n : 0n));
}

function double(acc: number, multiplier: number, shift: number): number {
  const shifted = wrap(BigInt(acc) << BigInt(Math.max(shift, 0)));
  return divideByPot(highMul(shifted, multiplier), Math.max(-shift, 0));
}

function single(acc: number, multiplier: number, shift: number): number {
  const bits = BigInt(31 - shift);
  return wrap((BigInt(acc) * BigInt(multiplier) + (1n << (bits - 1n))) >> bits);
}

// --- generators: every size of number, extremes and ties ----------------------------------------------------------

const int32 = fc.oneof(
  fc.integer({ min: MIN, max: MAX }),
  fc.integer({ min: -70000, max: 70000 }),
  fc.constantFrom(MIN, MIN + 1, -1, 0, 1, MAX - 1, MAX),
  fc
    .tuple(fc.integer({ min: -3, max: 3 }), fc.nat(30), fc.integer({ min: -1, max: 1 }))
    .map(([k, e, d]) => (k * 2 ** e + d) | 0),
);
const multiplier = fc.oneof(
  fc.integer({ min: 2 ** 30, max: MAX }),
  fc.constantFrom(2 ** 30, 2 ** 30 + 1, 2 ** 30 + 2 ** 15, 3 * 2 ** 29, MAX - 1, MAX, 0),
);
const runs = { numRuns: 3000 };

test('high multiplication agrees with exact integers', (t) => {
  fc.assert(
    fc.property(int32, int32, (a, b) => saturatingRoundingDoublingHighMul(a, b) === highMul(a, b)),
    runs,
  );
  t.is(saturatingRoundingDoublingHighMul(MIN, MIN), MAX);
});

test('division by a power of two rounds halves away from zero', (t) => {
  fc.assert(
    fc.property(
      int32,
      fc.nat(31),
      (x, exponent) => roundingDivideByPowerOfTwo(x, exponent) === divideByPot(x, exponent),
    ),
    runs,
  );
  t.deepEqual(
    [-6, -5, -3, -2, -1, 1, 2, 3, 5].map((x) => roundingDivideByPowerOfTwo(x, 1)),
    [-3, -3, -2, -1, -1, 1, 1, 2, 3],
  );
  t.is(roundingDivideByPowerOfTwo(MAX, 32), 0);
});

test('requantisation agrees with exact integers, double rounding', (t) => {
  fc.assert(
    fc.property(int32, multiplier, fc.integer({ min: -31, max: 31 }), (acc, m, shift) => {
      return multiplyByQuantizedMultiplier(acc, m, shift) === double(acc, m, shift);
    }),
    runs,
  );
  t.pass();
});

test('requantisation agrees with exact integers, single rounding', (t) => {
  fc.assert(
    fc.property(int32, multiplier, fc.integer({ min: -31, max: 30 }), (acc, m, shift) => {
      return multiplyByQuantizedMultiplier(acc, m, shift, 'single') === single(acc, m, shift);
    }),
    runs,
  );
  t.pass();
});

test('ties tell the two roundings apart', (t) => {
  // -1 * 0.5: without a right shift both round halves up.
  t.is(multiplyByQuantizedMultiplier(-1, 2 ** 30, 0), 0);
  t.is(multiplyByQuantizedMultiplier(-1, 2 ** 30, 0, 'single'), 0);
  // -2 * 0.25: the high multiplication gives -1, and -1 / 2 goes away from zero.
  t.is(multiplyByQuantizedMultiplier(-2, 2 ** 30, -1), -1);
  t.is(multiplyByQuantizedMultiplier(-2, 2 ** 30, -1, 'single'), 0);
  // 1 * 0.25: 0.5 is rounded to 1 first, and 1 / 2 to 1 again.
  t.is(multiplyByQuantizedMultiplier(1, 2 ** 30, -1), 1);
  t.is(multiplyByQuantizedMultiplier(1, 2 ** 30, -1, 'single'), 0);
});

test('multipliers are normalised and within half a unit of the real factor', (t) => {
  const real = fc.double({ min: 2 ** -31, max: 2 ** 30, noNaN: true });
  fc.assert(
    fc.property(real, (factor) => {
      const { multiplier, shift } = quantizeMultiplier(factor);
      const units = factor * 2 ** (31 - shift);
      return (
        multiplier >= 2 ** 30 &&
        multiplier <= MAX &&
        Math.abs(multiplier - units) <= 0.5 &&
        Number.isInteger(multiplier)
      );
    }),
    runs,
  );
  for (let exponent = -31; exponent <= 30; exponent++) {
    t.deepEqual(quantizeMultiplier(2 ** exponent), { multiplier: 2 ** 30, shift: exponent + 1 });
  }
});

test('multipliers at the edges', (t) => {
  t.deepEqual(quantizeMultiplier(0), { multiplier: 0, shift: 0 });
  t.deepEqual(quantizeMultiplier(2 ** -33), { multiplier: 0, shift: 0 });
  // Rounds up to the next power of two.
  t.deepEqual(quantizeMultiplier(1 - 2 ** -40), { multiplier: 2 ** 30, shift: 1 });
  t.deepEqual(quantizeMultiplier(MAX), { multiplier: MAX, shift: 31 });
  t.deepEqual(quantizeMultiplier(MAX, 'single'), { multiplier: MAX, shift: 30 });
  for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    t.throws(() => quantizeMultiplier(bad), { code: 'MODEL_UNSUPPORTED' });
  }
});

test('rounding of reals is half away from zero', (t) => {
  t.deepEqual([-2.5, -1.5, -0.5, -0.2, 0.2, 0.5, 1.5, 2.5].map(roundHalfAwayFromZero), [-3, -2, -1, 0, 0, 1, 2, 3]);
});

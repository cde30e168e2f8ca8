import test from 'ava';
import fc from 'fast-check';
import { expOnNegativeValues, logistic, oneOverOnePlus, reciprocal } from '../../../src/kernels/reference/gemmlowp.js';

const Q0 = 2 ** 31;
const EXP = [2147483124, 1672462419, 790015308, 341177383, 0];
const LOGISTIC = [1073741948, 1073741699, 1569936226, 577547421, 2147483406, 1367271];
const RECIPROCAL = [
  { scale: 2147483647, bitsOverUnit: 0 },
  { scale: 2147479552, bitsOverUnit: 0 },
  { scale: 1447587042, bitsOverUnit: 0 },
  { scale: 1167333038, bitsOverUnit: 7 },
  { scale: 1073741820, bitsOverUnit: 11 },
];

test('exp is within 2^-21 of the real one, in Q5.26 and Q4.27', (t) => {
  for (const integerBits of [4, 5]) {
    const unit = 2 ** (31 - integerBits);
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31) + 1, max: 0 }), (raw) => {
        return Math.abs(expOnNegativeValues(raw, integerBits) / Q0 - Math.exp(raw / unit)) < 2 ** -21;
      }),
      { numRuns: 2000 },
    );
  }
  t.is(expOnNegativeValues(0, 5), 2 ** 31 - 1);
});

// Values that gemmlowp itself gives, compiled from its source.
test('exp, logistic and reciprocal give the bits of gemmlowp', (t) => {
  t.deepEqual(
    [-1, -(2 ** 24), -(2 ** 26), -123456789, -(2 ** 31)].map((raw) => expOnNegativeValues(raw, 5)),
    EXP,
  );
  t.deepEqual(
    [1, -1, 2 ** 27, -(2 ** 27), 2 ** 31 - 1, -987654321].map((raw) => logistic(raw, 4)),
    LOGISTIC,
  );
  t.deepEqual(
    [2 ** 19, 2 ** 19 + 1, 777777, 123456789, 2 ** 31 - 1].map((raw) => reciprocal(raw, 12)),
    RECIPROCAL,
  );
});

test('1 / (1 + x) is within 2^-28', (t) => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), (raw) => Math.abs(oneOverOnePlus(raw) / Q0 - 1 / (1 + raw / Q0)) < 2 ** -28),
    { numRuns: 2000 },
  );
  t.is(oneOverOnePlus(0), 2 ** 31 - 1);
});

test('logistic is symmetric about 1/2 and within 2^-22', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }), (raw) => {
      const y = logistic(raw, 4);
      const near = Math.abs(y / Q0 - 1 / (1 + Math.exp(-raw / 2 ** 27))) < 2 ** -22;
      return near && (raw === 0 ? y === 2 ** 30 : y + logistic(-raw, 4) === 2 ** 31 - 1);
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('reciprocal: scale is in 1/2..1 but for a few units, and undoes x', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (raw) => {
      const { scale, bitsOverUnit } = reciprocal(raw, 12);
      const value = (scale / Q0) * 2 ** -bitsOverUnit;
      return scale > 2 ** 30 - 8 && scale < Q0 && Math.abs(value * (raw / 2 ** 19) - 1) < 2 ** -27;
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

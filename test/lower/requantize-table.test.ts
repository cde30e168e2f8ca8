import test from 'ava';
import fc from 'fast-check';
import { multiplyByQuantizedMultiplier, type Rounding } from '../../src/kernels/reference/fixedpoint.js';
import { fastPathIsExact, requantizeTable } from '../../src/lower/requantize-table.js';

test('the table holds all biases, then all multipliers, then all shifts', (t) => {
  const table = requantizeTable({
    bias: [1, -2],
    multiplier: Int32Array.of(2 ** 30, 2 ** 31 - 1),
    shift: Int32Array.of(-3, 4),
  });
  t.deepEqual(
    [...table],
    [...[1, 0, 0, 0], ...[254, 255, 255, 255], ...[0, 0, 0, 64], ...[255, 255, 255, 127], 253, 4],
  );
});

test('biases wrap to 32 bits, as the sums they are added to do', (t) => {
  const table = requantizeTable({ bias: [2 ** 32 + 5], multiplier: Int32Array.of(0), shift: Int32Array.of(0) });
  t.deepEqual([...table.subarray(0, 4)], [5, 0, 0, 0]);
});

interface Channel {
  bias: number;
  multiplier: number;
  shift: number;
  zeroPoint: number;
  rounding: Rounding;
}

const OFFSET = 2 ** 20;
const MOST_START = 2 ** 19;
/** The largest sum of nine taps. */
const NINE_TAPS = 9 * 255 * 128;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** What the kernels do (src/kernels/wasm/requantize.ts) in their 64 bits; undefined where a lane does not hold the sum. */
function fastPath(accumulator: number, c: Channel, high: number): number | undefined {
  const over = Math.max(0, c.bias - MOST_START);
  const lane = accumulator + c.bias - over + OFFSET;
  if (lane < 0 || lane >= 2 * OFFSET || (over > 0 && Math.abs(accumulator) > NINE_TAPS)) return undefined;
  const multiplier = BigInt(c.multiplier);
  const twice = c.rounding === 'double' ? 1n << 30n : 0n;
  const steps = BigInt(2 * (high - c.zeroPoint) - 1) << BigInt(30 - c.shift);
  if (steps + multiplier >= 1n << 63n) throw new Error('the largest number does not fit');
  const top = Number((steps - twice + multiplier - 1n) / multiplier);
  const range = Math.min(top - over, OFFSET - 1);
  if (range < 0) return undefined; // never below the upper clamp: such a channel is a constant
  const shift = BigInt(25 + c.shift);
  const addend = ((BigInt(range + over) * multiplier + twice) << shift) + (BigInt(2 * c.zeroPoint + 1) << 55n);
  const left = Math.max(0, range - Math.max(0, lane - OFFSET));
  return Number(BigInt.asIntN(64, addend - BigInt(left) * (multiplier << shift)) >> 56n);
}

function reference(accumulator: number, c: Channel, high: number): number {
  const sum = (accumulator + c.bias) | 0;
  const scaled = multiplyByQuantizedMultiplier(sum, c.multiplier, c.shift, c.rounding);
  return clamp(scaled + c.zeroPoint, c.zeroPoint, high);
}

const channels = fc.record({
  bias: fc.oneof(
    fc.integer({ min: -(2 ** 20), max: 2 ** 20 }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 2 ** 29, -(2 ** 29)),
  ),
  multiplier: fc.integer({ min: 2 ** 30, max: 2 ** 31 - 1 }),
  shift: fc.integer({ min: -31, max: 3 }),
  zeroPoint: fc.constantFrom(-128, 127, 0, 17, -90),
  rounding: fc.constantFrom<Rounding>('double', 'single'),
});

test('where the fast path is called exact it gives the bytes of the reference', (t) => {
  let exact = 0;
  const accumulators = fc.array(fc.integer({ min: -(2 ** 20), max: 2 ** 20 - 1 }), { minLength: 20, maxLength: 20 });
  const highs = fc.constantFrom(127, 100, -127, 18);
  fc.assert(
    fc.property(channels, highs, accumulators, (channel, high, values) => {
      const { bias, multiplier, shift, zeroPoint } = channel;
      const table = { bias: [bias], shift: Int32Array.of(shift) };
      if (!fastPathIsExact(table, zeroPoint, high, zeroPoint)) return;
      // Sums that end in a tie are where the roundings could part; around the upper clamp; and the ends of lanes.
      const tie = 2 ** Math.max(0, -shift - 1) - bias;
      const top = Math.round(((high - zeroPoint - 0.5) * 2 ** (31 - shift)) / multiplier) - bias;
      const ends = [-OFFSET, OFFSET - 1].map((end) => end - Math.min(bias, MOST_START));
      const all = [...values, tie, -tie, tie + 1, -bias, top, -NINE_TAPS, NINE_TAPS, ...ends, top - 1, top + 1];
      for (const value of all) {
        const result = fastPath(value, channel, high);
        if (result === undefined) continue;
        exact++;
        if (result !== reference(value, channel, high)) throw new Error(`sum ${value}`);
      }
    }),
    { numRuns: 5000, seed: 3, includeErrorInReport: true },
  );
  t.true(exact > 10000, `${exact}`);
});

test('the fast path is not exact without a clamp at the zero point, with left or very large shifts, or huge biases', (t) => {
  const exact = (bias: number, shift: number, low: number, high = 127) =>
    fastPathIsExact({ bias: [bias], shift: Int32Array.of(shift) }, low, high, 0);
  t.true(exact(100, -7, 0));
  t.false(exact(100, -7, -1));
  t.false(exact(100, -7, 1));
  t.false(exact(100, -7, 0, 0));
  t.false(exact(100, 1, 0));
  t.true(exact(100, -24, 0));
  t.false(exact(100, -25, 0));
  t.false(exact(2 ** 31 - 1, -7, 0));
});

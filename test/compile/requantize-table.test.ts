import test from 'ava';
import fc from 'fast-check';
import { fastPathIsExact, requantizeTable } from '../../src/compile/requantize-table.js';
import { multiplyByQuantizedMultiplier, type Rounding } from '../../src/kernels/reference/fixedpoint.js';

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

const clamp = (value: number, low: number) => Math.min(127, Math.max(low, value));

/** One multiplication, one addition, one shift, in the 64 bits of the kernels. */
function fastPath(accumulator: number, c: Channel, low: number): number {
  const total = BigInt(31 - c.shift);
  const wrap = (value: bigint) => BigInt.asIntN(64, value);
  let addend = BigInt(c.bias) * BigInt(c.multiplier) + (1n << (total - 1n)) + (BigInt(c.zeroPoint) << total);
  if (c.shift < 0 && c.rounding === 'double') addend += 1n << 30n;
  return clamp(Number(wrap(wrap(BigInt(accumulator) * BigInt(c.multiplier)) + wrap(addend)) >> total), low);
}

function reference(accumulator: number, c: Channel, low: number): number {
  const sum = (accumulator + c.bias) | 0;
  return clamp(multiplyByQuantizedMultiplier(sum, c.multiplier, c.shift, c.rounding) + c.zeroPoint, low);
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
  fc.assert(
    fc.property(channels, fc.boolean(), accumulators, (channel, relu, values) => {
      const low = relu ? channel.zeroPoint : -128;
      const table = { bias: [channel.bias], shift: Int32Array.of(channel.shift) };
      if (!fastPathIsExact(table, low, channel.zeroPoint, channel.rounding === 'single')) return;
      exact++;
      // Sums that end in a tie are where the roundings could part.
      const tie = 2 ** Math.max(0, -channel.shift - 1) - channel.bias;
      const all = [...values, tie, -tie, tie + 1].filter((value) => Math.abs(value) <= 2 ** 20);
      for (const value of [...all, -(2 ** 20), 2 ** 20 - 1]) {
        if (fastPath(value, channel, low) !== reference(value, channel, low)) throw new Error(`sum ${value}`);
      }
    }),
    { numRuns: 3000, seed: 3, includeErrorInReport: true },
  );
  t.true(exact > 500, `${exact}`);
});

test('the fast path is not exact without a clamp at the zero point, with left or very large shifts, or huge biases', (t) => {
  const exact = (bias: number, shift: number, low: number, single = false) =>
    fastPathIsExact({ bias: [bias], shift: Int32Array.of(shift) }, low, 0, single);
  t.true(exact(100, -7, 0));
  t.false(exact(100, -7, -1));
  t.true(exact(100, -7, -1, true));
  t.false(exact(100, 1, 0));
  t.true(exact(100, -24, 0));
  t.false(exact(100, -25, 0));
  t.false(exact(2 ** 31 - 1, -7, 0));
});

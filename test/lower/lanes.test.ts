import test from 'ava';
import fc from 'fast-check';
import { chooseLaneChunks, lanesHold } from '../../src/lower/lanes.js';

const LANES = [0n, 21n, 42n];
const OFFSET = 1n << 20n;
const MASK = (1n << 21n) - 1n;
const OFFSETS = LANES.reduce((sum, lane) => sum + (OFFSET << lane), 0n);

/** What the kernels compute: three sums in one i64, taken out again. Inputs: [lane][k]. */
function inLanes(weights: Int8Array, zeroPoint: number, inputs: readonly (readonly number[])[]): number[] {
  let sum = OFFSETS;
  weights.forEach((weight, k) => {
    const word = LANES.reduce((total, lane, i) => total + (BigInt(inputs[i][k]) << lane), 0n);
    sum = BigInt.asIntN(64, sum + word * BigInt(weight - zeroPoint));
  });
  const bits = BigInt.asUintN(64, sum);
  return [bits & MASK, (bits >> 21n) & MASK, bits >> 42n].map((lane) => Number(lane - OFFSET));
}

function plain(weights: Int8Array, zeroPoint: number, inputs: readonly number[]): number {
  return weights.reduce((sum, weight, k) => sum + (weight - zeroPoint) * inputs[k], 0);
}

/** The inputs with the highest and with the lowest sum. */
function extremes(weights: Int8Array, zeroPoint: number): [highest: number[], lowest: number[]] {
  const highest = Array.from(weights, (weight) => (weight > zeroPoint ? 127 : -128));
  return [highest, highest.map((value) => (value === 127 ? -128 : 127))];
}

const layers = fc.record({
  weights: fc.oneof(
    fc.int8Array({ minLength: 1, maxLength: 90 }),
    fc.int8Array({ min: 100, minLength: 60, maxLength: 90 }),
    fc.int8Array({ max: -100, minLength: 60, maxLength: 90 }),
  ),
  zeroPoint: fc.constantFrom(0, 0, -128, 127, 5),
});

test('lanes come out right for every input exactly where they hold', (t) => {
  let [held, overflowed] = [0, 0];
  fc.assert(
    fc.property(layers, fc.infiniteStream(fc.integer({ min: -128, max: 127 })), ({ weights, zeroPoint }, stream) => {
      const any = [...stream.take(weights.length)];
      const [highest, lowest] = extremes(weights, zeroPoint);
      const triples = [highest, lowest, any].flatMap((a) =>
        [highest, lowest, any].flatMap((b) => [highest, lowest, any].map((c) => [a, b, c])),
      );
      const right = triples.every((inputs) => {
        const expected = inputs.map((input) => plain(weights, zeroPoint, input));
        return String(inLanes(weights, zeroPoint, inputs)) === String(expected);
      });
      const holds = lanesHold(weights, weights.length, 0, weights.length, zeroPoint);
      if (holds) held++;
      else overflowed++;
      return holds === right;
    }),
    { numRuns: 300, seed: 1 },
  );
  t.true(held > 50 && overflowed > 50, `${held} held, ${overflowed} did not`);
});

test('64 products of the largest symmetric weights hold, 65 do not; of -128 63', (t) => {
  const hold = (count: number, weight: number) => lanesHold(new Int8Array(count).fill(weight), count, 0, count, 0);
  t.true(hold(64, 127));
  t.true(hold(64, -127));
  t.false(hold(65, 127));
  t.false(hold(65, -127));
  t.true(hold(63, -128));
  t.false(hold(64, -128));
});

test('a layer whose weights are small is summed up in one go, however deep it is', (t) => {
  const k = 1000;
  const { laneK } = chooseLaneChunks(new Int8Array(4 * k).fill(7), k, 0, 64);
  t.true(laneK >= k);
});

test('lanes are emptied in time: no part of K between two emptyings overflows', (t) => {
  fc.assert(
    fc.property(
      fc.int8Array({ minLength: 1, maxLength: 300 }),
      fc.constantFrom(0, -128, 127),
      fc.constantFrom(8, 32, 64),
      (weights, zeroPoint, most) => {
        const k = weights.length;
        const { kChunk, laneK } = chooseLaneChunks(weights, k, zeroPoint, most);
        const parts = Array.from({ length: Math.ceil(k / laneK) }, (_, i) => i * laneK);
        return (
          kChunk % 8 === 0 &&
          kChunk <= most &&
          laneK % kChunk === 0 &&
          parts.every((from) => lanesHold(weights, k, from, Math.min(k, from + laneK), zeroPoint))
        );
      },
    ),
    { numRuns: 300, seed: 2 },
  );
  t.pass();
});

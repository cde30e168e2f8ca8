import test from 'ava';
import fc from 'fast-check';
import type { Lifetime } from '../../src/plan/lifetimes.js';
import { liveBytes } from '../../src/plan/lifetimes.js';
import { arenaBytes, place } from '../../src/plan/place.js';

const spans = fc
  .array(
    fc.record({
      bytes: fc.integer({ min: 1, max: 500 }),
      from: fc.integer({ min: -1, max: 12 }),
      length: fc.integer({ min: 0, max: 6 }),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((list) => list.map(({ bytes, from, length }, buffer): Lifetime => ({ buffer, bytes, from, to: from + length })));

test('buffers that live at the same time never overlap', (t) => {
  fc.assert(
    fc.property(spans, (list) => {
      const placements = place(list, 0);
      return placements.every((a) =>
        placements.every(
          (b) =>
            a.buffer === b.buffer ||
            a.to < b.from ||
            b.to < a.from ||
            a.offset + a.bytes <= b.offset ||
            b.offset + b.bytes <= a.offset,
        ),
      );
    }),
    { numRuns: 500, seed: 1 },
  );
  t.pass();
});

test('every buffer is placed once, with its size and lifetime', (t) => {
  fc.assert(
    fc.property(spans, (list) => {
      const placed = place(list, 0).sort((a, b) => a.buffer - b.buffer);
      return (
        String(placed.map(({ buffer, bytes }) => [buffer, bytes])) === String(list.map((s) => [s.buffer, s.bytes]))
      );
    }),
    { numRuns: 100, seed: 2 },
  );
  t.pass();
});

test('a chain of layers reaches the lower bound: the largest input and output of one layer', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 2, maxLength: 30 }), (sizes) => {
      // Buffer i is written by step i - 1 and read by step i.
      const chain = sizes.map((bytes, i) => ({ buffer: i, bytes, from: i - 1, to: Math.min(i, sizes.length - 2) }));
      const lowerBound = Math.max(...liveBytes(chain, sizes.length - 1));
      return arenaBytes(place(chain, lowerBound)) === lowerBound;
    }),
    { numRuns: 500, seed: 3 },
  );
  t.pass();
});

test('a buffer fits into the gap between two that live longer', (t) => {
  const placements = place(
    [
      { buffer: 0, bytes: 100, from: 0, to: 9 },
      { buffer: 1, bytes: 50, from: 0, to: 1 },
      { buffer: 2, bytes: 40, from: 1, to: 9 },
      { buffer: 3, bytes: 50, from: 2, to: 3 },
    ],
    190,
  );
  t.is(arenaBytes(placements), 190);
});

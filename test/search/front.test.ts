import test from 'ava';
import fc from 'fast-check';
import { merit, paretoFront } from '../../src/search/front.js';
import type { Priced } from '../../src/search/pricing.js';

const priced = (macs: number, latency: number | null, ram: number | null, flash: number | null, accuracy?: number) =>
  ({ macs, accuracy, latencyMs: { estimate: latency }, ramBytes: ram, flashBytes: flash }) as Priced;

const small = fc.integer({ min: 1, max: 6 });
const one = fc.tuple(small, small, small, small).map(([macs, ...costs]) => priced(macs, ...costs));
const values = (a: Priced) => [-merit(a), a.latencyMs.estimate!, a.ramBytes!, a.flashBytes!];
const beats = (a: Priced, b: Priced) =>
  values(a).every((value, i) => value <= values(b)[i]) && values(a).some((value, i) => value < values(b)[i]);

test('the front is what nobody beats, and all of that', (t) => {
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), (all) => {
      const front = paretoFront(all);
      for (const candidate of all) t.is(front.includes(candidate), !all.some((other) => beats(other, candidate)));
      front.forEach((candidate, i) => {
        if (i > 0) t.true(merit(front[i - 1]) >= merit(candidate));
      });
    }),
  );
});

test('accuracy counts before multiply-accumulates', (t) => {
  const [cheap, dear] = [priced(9, 1, 1, 1, 0.6), priced(20, 2, 2, 2, 0.5)];
  t.deepEqual(paretoFront([dear, cheap]), [cheap]);
});

test('what is unknown leaves the choice to the rest', (t) => {
  const [better, worse] = [priced(5, null, 10, 10), priced(5, null, 11, 10)];
  t.deepEqual(paretoFront([worse, better]), [better]);
});

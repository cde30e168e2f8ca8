import test from 'ava';
import fc from 'fast-check';
import { affine } from '../../src/quantize/affine.js';
import { calibrate } from '../../src/quantize/calibrate.js';
import { realValues } from '../../src/quantize/pixels.js';
import { chooseRange, Histogram, type RangeMethod, squaredError } from '../../src/quantize/ranges.js';
import { randomValues } from '../import/onnx/blocks.js';
import { bytesFor, INPUT, network } from './networks.js';

/** 50,000 values, most of them small, the outermost two set. */
const values = fc
  .record({
    seed: fc.nat(2 ** 30),
    low: fc.float({ min: -50, max: 0, noNaN: true }),
    power: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ seed, low, power }) => {
    const data = randomValues(50_000, seed).map((value) => value ** power * (value < 0 ? -low : 10));
    data[0] = low;
    data[1] = 10;
    return data.map((value) => Math.min(10, Math.max(low, value)));
  });

function histogramOf(data: Float32Array): Histogram {
  const range = data.reduce(({ low, high }, value) => ({ low: Math.min(low, value), high: Math.max(high, value) }), {
    low: 0,
    high: 0,
  });
  const histogram = new Histogram(range);
  histogram.add(data);
  return histogram;
}

/** Mean square of the difference between values and what int8 makes of them. */
function roundingError(data: Float32Array, range: { low: number; high: number }): number {
  const { scale, zeroPoint } = affine(range);
  const errors = data.map((value) => {
    const int8 = Math.max(-128, Math.min(127, Math.round(value / scale) + zeroPoint));
    return (value - scale * (int8 - zeroPoint)) ** 2;
  });
  return errors.reduce((a, b) => a + b, 0) / data.length;
}

for (const method of ['percentile', 'mse'] as RangeMethod[]) {
  test(`${method}: within what was seen, 0 inside`, (t) => {
    fc.assert(
      fc.property(values, (data) => {
        const histogram = histogramOf(data);
        const { low, high } = chooseRange(histogram, method);
        t.true(low <= 0 && high >= 0);
        t.true(low >= histogram.range.low - 1e-9 && high <= histogram.range.high + 1e-9);
      }),
      { numRuns: 30 },
    );
  });
}

test('percentile: at most a ten-thousandth of the values lies outside', (t) => {
  fc.assert(
    fc.property(values, (data) => {
      const { low, high } = chooseRange(histogramOf(data), 'percentile');
      t.true(data.filter((value) => value < low - 1e-6 || value > high + 1e-6).length <= 5);
    }),
    { numRuns: 30 },
  );
});

test('mse: no worse than all values, as counted by the histogram, and about so when the values are really rounded', (t) => {
  fc.assert(
    fc.property(values, (data) => {
      const histogram = histogramOf(data);
      const range = chooseRange(histogram, 'mse');
      t.true(squaredError(histogram, range) <= squaredError(histogram, histogram.range));
      t.true(roundingError(data, range) <= 1.1 * roundingError(data, histogram.range) + 1e-9);
    }),
    { numRuns: 30 },
  );
});

test('one far value: both leave it out', (t) => {
  const data = randomValues(50_000, 3);
  data[7] = 100;
  const histogram = histogramOf(data);
  t.true(chooseRange(histogram, 'percentile').high < 2);
  const { high } = chooseRange(histogram, 'mse');
  t.true(high < 100, `${high}`);
  t.is(chooseRange(histogram, 'minmax').high, 100);
});

test('scores keep every value seen, other tensors lose the outermost', (t) => {
  const graph = network('Relu', 11);
  const samples = bytesFor(graph, 600, 5).map((record) => record.map((bytes) => realValues(bytes, INPUT)));
  const [all, chosen] = [calibrate(graph, samples), calibrate(graph, samples, 'mse')];
  const scores = graph.outputs[0];
  t.deepEqual(chosen[scores], all[scores]);
  t.true(graph.operators.some(({ outputs: [o] }) => chosen[o].high < all[o].high));
  t.true(graph.operators.every(({ outputs: [o] }) => chosen[o].high <= all[o].high && chosen[o].low >= all[o].low));
});

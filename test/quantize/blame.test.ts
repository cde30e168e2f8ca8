import test from 'ava';
import { layerShares } from '../../src/quantize/blame.js';
import { calibrate } from '../../src/quantize/calibrate.js';
import { realValues } from '../../src/quantize/pixels.js';
import { quantizeGraph } from '../../src/quantize/quantize.js';
import { bytesFor, INPUT, network } from './networks.js';

test('the shares name the layer that costs most, and add up to 1', (t) => {
  for (const layer of [0, 1, 2]) {
    const graph = network('Relu', 7);
    const samples = bytesFor(graph, 6, 3).map(([bytes]) => [realValues(bytes, INPUT)]);
    const ranges = calibrate(graph, samples);
    const output = graph.operators[layer].outputs[0];
    // Thirty times the range that is needed: five bits are lost in this layer alone.
    const wide = ranges.map(({ low, high }, index) =>
      index === output ? { low: 30 * low, high: 30 * high } : { low, high },
    );
    const shares = layerShares(graph, quantizeGraph(graph, wide, [INPUT]), samples);
    t.is(shares.indexOf(Math.max(...shares)), layer);
    t.true(Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-9);
    t.true(shares.every((share) => share >= 0));
  }
});

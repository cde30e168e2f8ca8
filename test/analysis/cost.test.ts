import test from 'ava';
import { graphCost, operatorCost } from '../../src/analysis/cost.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';

test('cost of each kind of operator', (t) => {
  const b = new GraphBuilder(seededRandom(2));
  const x = b.input([1, 14, 14, 512]);
  // Table 3 of the MobileNet paper: 462.42 M and, depthwise and pointwise together, 52.28 M (without biases).
  b.conv(x, 512, { bias: false });
  b.depthwise(x, 1, { bias: false });
  b.conv(x, 512, { kernel: [1, 1], bias: false });
  const pooled = b.mean(x, false);
  const output = b.fullyConnected(pooled, 10);
  const costs = b.graph([output]).operators.map((operator) => operatorCost(b.graph([output]), operator));
  t.deepEqual(costs, [
    { macs: 462422016, params: 2359296, weightBytes: 2359296 },
    { macs: 903168, params: 4608, weightBytes: 4608 },
    { macs: 51380224, params: 262144, weightBytes: 262144 },
    { macs: 0, params: 0, weightBytes: 0 },
    { macs: 5120, params: 5130, weightBytes: 5120 },
  ]);
});

test('a SAME window is counted whole, a depth multiplier by its outputs', (t) => {
  const b = new GraphBuilder(seededRandom(2));
  const output = b.depthwise(b.input([1, 5, 5, 2]), 4, { kernel: [3, 2], stride: [2, 2] });
  t.deepEqual(operatorCost(b.graph([output]), b.operators[0]), { macs: 3 * 3 * 8 * 6, params: 56, weightBytes: 48 });
});

test('weights that two operators share are counted once', (t) => {
  const b = new GraphBuilder(seededRandom(2));
  const first = b.conv(b.input([1, 4, 4, 3]), 3);
  const [, filter, bias] = b.operators[0].inputs;
  const second = b.add({ ...b.operators[0] }, [first, filter, bias]);
  const graph = b.graph([second]);
  const { macs, params, weightBytes } = operatorCost(graph, graph.operators[0]);
  t.deepEqual(graphCost(graph), { macs: 2 * macs, params, weightBytes });
});

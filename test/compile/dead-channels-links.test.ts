/** Dead channels that operators without weights hand on. */
import test from 'ava';
import { after, Net, SATURATED, smaller } from './dead-channels-net.js';

/** Operators without weights, from [1,4,4,6] on, each with what is behind it. */
const HANDED_ON: Record<string, (net: Net, x: number) => number> = {
  RELU: (net, x) => net.add({ op: 'RELU' }, [x]),
  RELU6: (net, x) => net.add({ op: 'RELU6' }, [x]),
  QUANTIZE: (net, x) => net.add({ op: 'QUANTIZE' }, [x]),
  LOGISTIC: (net, x) => net.probabilities({ op: 'LOGISTIC' }, x),
  MAX_POOL_2D: (net, x) => net.pool('MAX_POOL_2D', x, { kernel: [3, 3], activation: 'relu6' }),
  AVERAGE_POOL_2D: (net, x) => net.pool('AVERAGE_POOL_2D', x, { kernel: [3, 3], stride: [2, 2] }),
  MEAN: (net, x) => net.mean(x, true),
  'PAD of nothing': (net, x) => net.pad(x, [0, 0, 0, 0]),
  RESHAPE: (net, x) => net.reshape(x, [1, 2, 8, 6]),
  'RESHAPE to more channels': (net, x) => net.reshape(x, [1, 2, 4, 12]),
  'RESHAPE to fewer channels': (net, x) => net.reshape(net.reshape(x, [1, 2, 4, 12]), [1, 4, 4, 6]),
  'ADD of itself': (net, x) => net.add({ op: 'ADD', activation: 'relu' }, [x, x]),
  'CONCATENATION of rows': (net, x) => net.add({ op: 'CONCATENATION', axis: 1, activation: 'none' }, [x, x]),
  'CONCATENATION of channels': (net, x) =>
    net.add({ op: 'CONCATENATION', axis: 3, activation: 'none' }, [x, net.pool('MAX_POOL_2D', x, { kernel: [1, 1] })]),
};

for (const [name, handOn] of Object.entries(HANDED_ON)) {
  test(`${name} hands on constants and what nobody reads`, (t) => {
    for (const dtype of ['int8', 'uint8'] as const) {
      const net = new Net(3, 4, dtype);
      const a = net.conv(net.x, 6);
      const b = handOn(net, a);
      const c = net.point(b, 2);
      net.constant(a, [1], SATURATED).constant(a, [2], -SATURATED).constant(a, [5]);
      const times = net.tensors[b].shape[3] / 6;
      net.unread(
        c,
        Array.from({ length: times }, (_, i) => 3 + 6 * i),
      );
      const { report } = smaller(t, net.graph([c]));
      t.deepEqual(after(report), [2, 2]);
      t.like(report, { constant: 3, unread: 1 });
    }
  });
}

test('PAD hands on what is at the zero point and keeps other constants', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 6);
  const b = net.pad(a, [1, 0, 0, 0]);
  net.constant(a, [1], SATURATED).constant(a, [5]);
  t.deepEqual(after(smaller(t, net.graph([net.conv(b, 2, { padding: 'valid' })])).report), [5, 2]);
});

test('ADD is constant where both sides are, and needs both where one is not', (t) => {
  const net = new Net();
  const [a, b] = [net.conv(net.x, 4), net.conv(net.x, 4)];
  const c = net.add({ op: 'ADD', activation: 'none' }, [a, b]);
  net.constant(a, [0, 1], SATURATED).constant(b, [1, 2]);
  t.deepEqual(after(smaller(t, net.graph([net.point(c, 2)])).report), [3, 3, 2]);
});

test('flattened to a fully connected layer, a channel goes if no pixel of it is read', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 4, { padding: 'valid' });
  const b = net.reshape(a, [1, 16]);
  const c = net.fullyConnected(b, 3);
  net.constant(a, [0], SATURATED);
  const filter = net.tensors[net.writer(c).inputs[1]].data!;
  // Channel 1 is read nowhere, channel 2 in the first pixel alone.
  for (let i = 0; i < filter.length; i++) if (i % 4 === 1 || (i % 4 === 2 && i % 16 !== 2)) filter[i] = 0;
  const { graph, report } = smaller(t, net.graph([c]));
  t.deepEqual(after(report), [2, 3]);
  t.deepEqual(graph.tensors[b].shape, [1, 8]);
  t.deepEqual(graph.tensors[graph.operators[2].inputs[1]].shape, [3, 8]);
});

test('a reshape that cuts through channels keeps them all', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 6);
  const b = net.reshape(a, [1, 4, 6, 4]);
  net.constant(a, [1, 2]);
  t.is(smaller(t, net.graph([net.point(b, 2)])).report.removed, 0);
});

test('SOFTMAX and the outputs of the model keep all channels', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 4);
  const b = net.conv(net.x, 4);
  net.constant(a, [1]).constant(b, [1]);
  const c = net.probabilities({ op: 'SOFTMAX', beta: 1 }, b);
  t.is(smaller(t, net.graph([a, c])).report.removed, 0);
});

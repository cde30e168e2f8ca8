/** Dead channels of layers with weights: what is folded, what is unread, what has to stay. */
import test from 'ava';
import { eliminateDeadChannels } from '../../src/compile/dead-channels.js';
import { runReference } from '../../src/engines/reference.js';
import type { OperatorKind } from '../../src/graph/graph.js';
import { inputBytes } from '../graphs.js';
import { after, Net, SATURATED, smaller, ZERO_POINT } from './dead-channels-net.js';

test('a constant at the zero point passes a padded depthwise and goes into the bias of the next convolution', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 5);
  const b = net.depthwise(a, 1);
  const c = net.point(b, 2);
  const graph = net.constant(a, [1, 4]).graph([c]);
  const { report } = smaller(t, graph);
  t.deepEqual(after(report), [3, 3, 2]);
  t.deepEqual(report.layers[0], { index: 0, name: 't3', before: 5, after: 3, constant: 2, unread: 0 });
  t.like(report, { channels: 12, removed: 4, constant: 4, unread: 0 });
  const was = 16 * (5 * 27 + 5 * 9 + 2 * 5);
  t.deepEqual(report.macs, { before: was, after: 16 * (3 * 27 + 3 * 9 + 2 * 3) });
  t.deepEqual(report.weightBytes, { before: 5 * 27 + 5 * 9 + 2 * 5, after: 3 * 27 + 3 * 9 + 2 * 3 });
});

test('what a depthwise makes of a constant is the constant that is folded: bias + (constant - zero point) * weight', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 3);
  const b = net.depthwise(a, 1);
  const c = net.point(b, 2);
  net.constant(a, [1]);
  const depthwiseBias = net.tensors[net.writer(b).inputs[2]].data!;
  depthwiseBias[1] = SATURATED;
  const graph = net.graph([c]);
  const { graph: cut } = smaller(t, graph);
  const [filter, bias] = [1, 2].map((i) => graph.tensors[net.writer(c).inputs[i]].data!);
  const [cutFilter, cutBias] = [1, 2].map((i) => cut.tensors[cut.operators[2].inputs[i]].data!);
  t.deepEqual([...cutFilter], [filter[0], filter[2], filter[3], filter[5]]);
  t.deepEqual([...cutBias], [bias[0] + (127 - ZERO_POINT) * filter[1], bias[1] + (127 - ZERO_POINT) * filter[4]]);
});

test('scales, one for each channel, are cut with their channels', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 4);
  const graph = net.constant(a, [0, 2]).graph([net.point(a, 2)]);
  const { graph: cut } = smaller(t, graph);
  const [filter, bias] = [1, 2].map((i) => cut.tensors[cut.operators[0].inputs[i]]);
  const { scale } = graph.tensors[net.writer(a).inputs[1]].quantization!;
  t.deepEqual(filter.quantization!.scale, [scale[1], scale[3]]);
  t.is(bias.quantization!.scale.length, 2);
});

test('a constant elsewhere than at the zero point stays before a padded window: at the border it is not uniform', (t) => {
  for (const [layer, stays] of [
    [(net: Net, x: number) => net.depthwise(x, 1), [5, 5]],
    [(net: Net, x: number) => net.conv(x, 2), [5, 2]],
  ] as const) {
    const net = new Net();
    const a = net.conv(net.x, 5);
    const b = layer(net, a);
    const graph = net.constant(a, [1], SATURATED).graph([net.point(b, 2)]);
    t.deepEqual(after(smaller(t, graph).report).slice(0, 2), [...stays]);
    // It had to: a pixel at the corner differs from one in the middle, though the channel is the same everywhere.
    if (b === 6) {
      const seen = new Map<number, Uint8Array>();
      runReference(graph, inputBytes(graph, 1), { afterOperator: (i, [bytes]) => seen.set(i, bytes) });
      const channel = [...seen.get(1)!].filter((_, i) => i % 5 === 1);
      t.is(new Set([...seen.get(0)!].filter((_, i) => i % 5 === 1)).size, 1);
      t.true(new Set(channel).size > 1);
    }
  }
});

test('it folds where no window reaches over the border, be the padding VALID or SAME', (t) => {
  for (const choice of [
    { padding: 'valid' },
    { kernel: [1, 1] },
    { kernel: [2, 2], stride: [2, 2] },
    { kernel: [1, 1], stride: [3, 3] },
  ] as const) {
    const window = { ...choice } as Parameters<Net['conv']>[2];
    const net = new Net();
    const a = net.conv(net.x, 5);
    const b = net.depthwise(a, 1, window);
    const c = net.conv(a, 2, window);
    net.constant(a, [1], SATURATED);
    t.deepEqual(after(smaller(t, net.graph([net.point(b, 2), c])).report), [4, 4, 2, 2]);
  }
});

test('SAME with stride 2 pads on one side only, and that is enough to keep a constant', (t) => {
  for (const layer of ['conv', 'depthwise'] as const) {
    const net = new Net();
    const a = net.conv(net.x, 5);
    const b = net[layer](a, 2, { stride: [2, 2] });
    const graph = net.constant(a, [1], SATURATED).graph([b]);
    t.is(smaller(t, graph).report.removed, 0);
  }
});

test('channels that nobody reads go, and those that only they read', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 5);
  const b = net.depthwise(a, 1);
  const c = net.point(b, 3);
  const d = net.point(c, 2);
  net.unread(c, [0]).unread(d, [1]);
  // Only output 1 of c, which nobody reads, has a weight for channel 3.
  const filter = net.tensors[net.writer(c).inputs[1]].data!;
  filter[3] = 0;
  filter[2 * 5 + 3] = 0;
  const { report } = smaller(t, net.graph([d]));
  t.deepEqual(after(report), [3, 3, 2, 2]);
  t.like(report, { removed: 5, constant: 0, unread: 5 });
});

test('a depthwise with zeros in its filter makes the channel before it unread', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 5);
  const b = net.depthwise(a, 1);
  const graph = net.constant(b, [2], SATURATED).graph([net.point(b, 2)]);
  const { report } = smaller(t, graph);
  t.deepEqual(after(report), [4, 4, 2]);
  t.deepEqual(
    report.layers.map(({ constant, unread }) => [constant, unread]),
    [
      [0, 1],
      [1, 0],
      [0, 0],
    ],
  );
});

test('depth multiplier: every input channel keeps as many outputs as the one that keeps most', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 3);
  const b = net.depthwise(a, 4);
  const c = net.point(b, 2);
  // Of inputs 0, 1, 2 live 1, 2, 0 outputs.
  net.unread(c, [1, 2, 3, 5, 6, 8, 9, 10, 11]);
  const { graph, report } = smaller(t, net.graph([c]));
  t.deepEqual(after(report), [2, 4, 2]);
  t.like(graph.operators[1], { depthMultiplier: 2 });
});

test('a depthwise on the input of the model, which never changes, narrows its multiplier', (t) => {
  const net = new Net(1);
  const a = net.depthwise(net.x, 8);
  const graph = net.constant(a, [0, 3, 7]).graph([net.point(a, 2)]);
  const result = smaller(t, graph);
  t.deepEqual(after(result.report), [5, 2]);
  t.like(result.graph.operators[0], { depthMultiplier: 5 });
});

test('a channel of a tensor with several readers goes only if all agree', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 5);
  net.constant(a, [1, 2], SATURATED);
  const [b, c] = [net.point(a, 2), net.conv(a, 2)];
  t.is(smaller(t, net.graph([b, c])).report.removed, 0);
  net.unread(c, [2]);
  t.deepEqual(after(smaller(t, net.graph([b, c])).report), [4, 2, 2]);
  t.is(smaller(t, net.graph([a, b, c])).report.removed, 0);
});

test('a channel stays where its fold would leave 32 bits', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 3);
  const b = net.point(a, 2);
  net.constant(a, [1], SATURATED);
  const [filter, bias] = [1, 2].map((i) => net.tensors[net.writer(b).inputs[i]].data!);
  filter[1] = 127;
  bias[0] = 2 ** 31 - 1 - (127 - ZERO_POINT) * 127;
  t.deepEqual(after(smaller(t, net.graph([b])).report), [2, 2]);
  bias[0]++;
  t.deepEqual(after(smaller(t, net.graph([b])).report), [3, 2]);
});

test('a constant made of constants wraps at 32 bits as all sums do', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 3);
  const b = net.point(a, 2);
  net.constant(a, [1], SATURATED);
  const [filter, bias] = [1, 2].map((i) => net.tensors[net.writer(b).inputs[i]].data!);
  filter.set([0, 127, 0]);
  bias[0] = 2 ** 31 - 1;
  t.deepEqual(after(smaller(t, net.graph([net.point(b, 2)])).report), [2, 1, 2]);
});

test('a layer keeps one channel at least', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 4);
  const b = net.depthwise(a, 1);
  const c = net.point(b, 2);
  net.constant(a, [0, 1, 2, 3]);
  t.deepEqual(after(smaller(t, net.graph([c])).report), [1, 1, 2]);
});

test('a fully connected layer with one scale for each output keeps two, for one alone is multiplied in float32', (t) => {
  const net = new Net();
  const a = net.fullyConnected(net.x, 6, { perChannel: true });
  const b = net.fullyConnected(a, 3);
  net.unread(b, [0, 1, 2, 4, 5]);
  t.deepEqual(after(smaller(t, net.graph([b])).report), [2, 3]);
});

test('a filter that two layers share is cut for the one and left to the other', (t) => {
  const net = new Net();
  const a = net.point(net.x, 3);
  const b = net.point(a, 3);
  const { inputs } = net.writer(b);
  net.constant(a, [1]);
  const second = net.add({ ...(net.writer(b) as OperatorKind) }, [net.point(net.x, 3), ...inputs.slice(1)]);
  const { graph, report } = smaller(t, net.graph([b, second]));
  t.deepEqual(after(report), [2, 3, 3, 3]);
  t.is(graph.tensors[inputs[1]], net.tensors[inputs[1]]);
});

test('a layer without bias gets one where constants go into it', (t) => {
  for (const bias of [false, 'absent'] as const) {
    const net = new Net();
    const a = net.conv(net.x, 3);
    const b = net.conv(a, 2, { kernel: [1, 1], bias });
    net.constant(a, [1], SATURATED);
    const { graph, report } = smaller(t, net.graph([b]));
    t.deepEqual(after(report), [2, 2]);
    t.is(graph.operators[1].inputs.length, 3);
    t.is(graph.tensors[graph.operators[1].inputs[2]].dtype, 'int32');
  }
});

test('uint8: a weight is zero at its zero point', (t) => {
  const net = new Net(3, 4, 'uint8');
  const a = net.conv(net.x, 3);
  const filter = net.tensors[net.writer(a).inputs[1]];
  filter.quantization = { scale: [0.01], zeroPoint: [140], axis: 0 };
  net.tensors[net.writer(a).inputs[2]].quantization = undefined;
  const graph = net.constant(a, [1]).graph([net.point(a, 2)]);
  t.is(filter.data![27], 140);
  t.deepEqual(after(smaller(t, graph).report), [2, 2]);
});

test('a graph without dead channels is returned as it is', (t) => {
  const net = new Net();
  const graph = net.graph([net.depthwise(net.conv(net.x, 4), 2)]);
  t.is(eliminateDeadChannels(graph).graph, graph);
});

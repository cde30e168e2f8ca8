import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { Command } from 'commander';
import fc from 'fast-check';
import { compileCommand } from '../../src/cli/compile.js';
import {
  addCompileOptions,
  type CompileFlags,
  compileModel,
  refuseCompileFlags,
} from '../../src/cli/compile-options.js';
import { infoCommand } from '../../src/cli/info.js';
import { compile } from '../../src/compile/compile.js';
import { type DeadChannels, eliminateDeadChannels } from '../../src/compile/dead-channels.js';
import { executedMacs, weightBytes } from '../../src/compile/program.js';
import type { EngineName } from '../../src/engines/engine.js';
import { runReference } from '../../src/engines/reference.js';
import { openRunner } from '../../src/engines/run.js';
import { readBlob } from '../../src/format/read.js';
import { graphCost } from '../../src/graph/cost.js';
import type { Graph, OperatorKind, Quantization } from '../../src/graph/graph.js';
import { validateGraph } from '../../src/graph/validate.js';
import { importTflite } from '../../src/import/tflite/import.js';
import type { Rounding } from '../../src/kernels/reference/fixedpoint.js';
import { difference } from '../difference.js';
import { fixture, readFixture, readManifest, withFixtures } from '../fixtures.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { graphs, inputBytes } from '../graphs.js';
import { thinned, zeroWeights } from './thinned.js';

const ZERO_POINT = 3;
const SCALE: Quantization = { scale: [1], zeroPoint: [ZERO_POINT], axis: 0 };
/** A bias that saturates: the output is 127 whatever the scales. */
const SATURATED = 2 ** 24;

/** A network whose activations are all quantised alike; a bias of 0 makes the zero point of a row of zeros. */
class Net extends GraphBuilder {
  readonly x: number;

  constructor(channels = 3, side = 4, dtype: 'int8' | 'uint8' = 'int8') {
    super(seededRandom(7), dtype);
    this.x = this.input([1, side, side, channels]);
  }

  override quantization = (): Quantization => SCALE;

  writer = (tensor: number) => this.operators.find(({ outputs }) => outputs[0] === tensor)!;

  /** Makes channels of the layer that writes `tensor` constant. */
  constant(tensor: number, channels: number[], bias = 0): this {
    const operator = this.writer(tensor);
    zeroWeights(this, operator, channels);
    for (const channel of channels) this.tensors[operator.inputs[2]].data![channel] = bias;
    return this;
  }

  /** Makes the layer that writes `tensor` have no weights for channels of its input. */
  unread(tensor: number, channels: number[]): this {
    zeroWeights(this, this.writer(tensor), [], channels);
    return this;
  }

  point = (x: number, channels: number) => this.conv(x, channels, { kernel: [1, 1] });
}

/** Removes dead channels and checks all that must hold of any result. */
function smaller(t: ExecutionContext, graph: Graph, rounding: Rounding = 'double') {
  const result = eliminateDeadChannels(validateGraph(graph), rounding);
  validateGraph(result.graph);
  for (const pattern of [0, 0, 1, 2, 3]) {
    const inputs = inputBytes(graph, pattern + 1, pattern);
    const expected = runReference(graph, inputs, { rounding });
    const found = runReference(result.graph, inputs, { rounding });
    for (const [i, output] of found.entries()) t.is(difference(output, expected[i]), 'equal');
  }
  t.is(eliminateDeadChannels(result.graph, rounding).graph, result.graph, 'a second time removes nothing more');
  const { tensors } = result.graph;
  for (const { index, name } of graph.tensors) t.is(tensors[index].name, name);
  for (const index of [...graph.inputs, ...graph.outputs])
    t.deepEqual(tensors[index].shape, graph.tensors[index].shape);
  return result;
}

const after = (report: DeadChannels): number[] => report.layers.map((layer) => layer.after);

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

test('compile: on by default; off by option and where every layer is to be looked at; MACs of the file are nominal', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 4);
  const graph = net.constant(a, [0, 1]).graph([net.point(a, 2)]);
  const nominal = graphCost(graph);
  const on = compile(graph);
  t.is(executedMacs(on.program), nominal.macs / 2);
  t.is(weightBytes(on.program), nominal.weightBytes / 2);
  t.is(readBlob(on.blob).macs, nominal.macs);
  t.is(on.deadChannels!.removed, 2);
  for (const options of [{ deadChannels: false }, { fuse: false }, { fuse: false, deadChannels: true }]) {
    const off = compile(graph, options);
    t.is(executedMacs(off.program), nominal.macs);
    t.is(off.deadChannels, undefined);
  }
});

test('--dead-channels off leaves them in; a .dw file refuses the option', (t) => {
  const net = new Net();
  const a = net.conv(net.x, 4);
  const graph = net.constant(a, [0, 1]).graph([net.point(a, 2)]);
  const flags = (...args: string[]) =>
    addCompileOptions(new Command()).exitOverride().parse(args, { from: 'user' }).opts<CompileFlags>();
  const removed = (...args: string[]) => compileModel(graph, flags(...args)).deadChannels?.removed;
  t.deepEqual([removed(), removed('--dead-channels', 'on'), removed('--dead-channels', 'off')], [2, 2, undefined]);
  const { blob } = compile(graph);
  const model = { kind: 'dw', blob, contents: readBlob(blob) } as const;
  t.notThrows(() => refuseCompileFlags(model, flags()));
  for (const how of ['on', 'off']) {
    const error = { code: 'USAGE', message: /--dead-channels cannot apply/ };
    t.throws(() => refuseCompileFlags(model, flags('--dead-channels', how)), error);
  }
});

test('random thinned graphs: the compiled one gives the bytes of the reference kernels on the original', (t) => {
  let removed = 0;
  let constant = 0;
  const property = fc.property(
    graphs(6),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    fc.constantFrom(0, 0, 0, 1, 2, 3),
    fc.constantFrom<Rounding>('double', 'double', 'single'),
    (full, seed, pattern, rounding) => {
      const graph = thinned(full, seed);
      const result = eliminateDeadChannels(graph, rounding);
      validateGraph(result.graph);
      removed += result.report.removed;
      constant += result.report.constant;
      if (eliminateDeadChannels(result.graph, rounding).graph !== result.graph) throw new Error('not idempotent');
      const inputs = inputBytes(graph, seed, pattern);
      const expected = runReference(graph, inputs, { rounding });
      const runners: [string, Uint8Array[]][] = [
        ['reference', runReference(result.graph, inputs, { rounding })],
        ['node', openRunner(graph, compile(graph, { rounding }), 'node').run(inputs)],
      ];
      for (const [engine, outputs] of runners) {
        const results = outputs.map((output, i) => difference(output, expected[i]));
        if (results.some((text) => text !== 'equal')) throw new Error(`${engine}: ${results.join(', ')}`);
      }
    },
  );
  t.notThrows(() => fc.assert(property, { numRuns: 400, seed: 11, includeErrorInReport: true }));
  t.true(removed > 1000 && constant > 300 && removed - constant > 300, `${removed} removed, ${constant} constant`);
});

// --- the real models ----------------------------------------------------------------------------------------------

const load = (model: string) => importTflite(readFixture('models', `${model}.tflite`), model);

withFixtures(
  test,
  'vww_96_int8: 49.8 % of the multiply-accumulates and 14.1 % of the weights are live',
  (t: ExecutionContext) => {
    const { program, deadChannels } = compile(load('vww_96_int8'));
    t.is(executedMacs(program), 3_733_073);
    t.is(weightBytes(program), 29_286);
    t.deepEqual(deadChannels!.weightBytes, { before: 208_112, after: 29_286 });
    t.deepEqual(deadChannels!.macs, { before: 7_489_664, after: 3_733_073 });
  },
);

/** What a command that does not wait for anything writes to stdout. */
function stdoutOf(command: Command, ...args: string[]): string {
  const { write } = process.stdout;
  let text = '';
  process.stdout.write = (chunk) => {
    text += chunk;
    return true;
  };
  try {
    command.parse(args, { from: 'user' });
  } finally {
    process.stdout.write = write;
  }
  return text;
}

withFixtures(test, 'compile and info say what goes and why', (t: ExecutionContext) => {
  const model = fixture('models', 'vww_96_int8.tflite');
  const file = join(mkdtempSync(join(tmpdir(), 'depthwise-')), 'vww.dw');
  const json = (command: Command, ...args: string[]) => JSON.parse(stdoutOf(command, model, ...args, '--json'));
  const on = json(compileCommand(), '-o', file);
  t.like(on, { macs: 7_489_664, macsExecuted: 3_733_073, weightBytes: 29_286 });
  t.like(on.deadChannels, { removed: 1716, weightBytes: { before: 208_112, after: 29_286 } });
  t.like(on.deadChannels.layers[26], { index: 26, before: 256, after: 22, constant: 234, unread: 0 });
  const off = json(compileCommand(), '-o', file, '--dead-channels', 'off');
  t.like(off, { macs: 7_489_664, macsExecuted: 7_489_664, weightBytes: 208_112, deadChannels: undefined });

  const line = 'dead channels: 1,716 of 2,738 removed, weights 208,112 -> 29,286 B; --dead-channels off keeps them';
  const text = stdoutOf(compileCommand(), model, '-o', file);
  t.true(text.split('\n').includes(line));
  t.regex(text, /^ *26 .* 22 of 256$/m);
  t.notRegex(stdoutOf(compileCommand(), model, '-o', file, '--dead-channels', 'off'), /dead channels|22 of 256/);

  const info = json(infoCommand());
  t.like(info, { macs: 7_489_664, params: 210_850, weightBytes: 208_112 });
  t.like(info.deadChannels, { removable: 1716, constant: 1555, unread: 161, channels: 2738 });
  t.regex(stdoutOf(infoCommand(), model), /1,716 of 2,738 \(1,555 constant, 161 read by nobody\)/);
  t.regex(stdoutOf(infoCommand(), fixture('models', 'kws_ref_model.tflite')), /dead channels: none of 588/);
});

withFixtures(test, 'person_detect and kws_ref_model are all but dense', (t: ExecutionContext) => {
  const live = (model: string) => {
    const { before, after } = compile(load(model)).deadChannels!.weightBytes;
    return Number((after / before).toFixed(3));
  };
  t.deepEqual(['person_detect', 'kws_ref_model'].map(live), [0.999, 1]);
});

for (const model of ['vww_96_int8', 'person_detect', 'kws_ref_model']) {
  withFixtures(test, `${model}: outputs of tflite-micro without dead channels`, (t: ExecutionContext) => {
    const graph = load(model);
    const compiled = compile(graph);
    const { cases } = readManifest<{ cases: { input: string; output: string }[] }>('golden', model, 'manifest.json');
    for (const engine of ['node', 'wasm3', 'js'] as EngineName[]) {
      const runner = openRunner(graph, compiled, engine);
      for (const { input, output } of cases) {
        const [found] = runner.run([readFixture('golden', model, input)]);
        t.is(difference(found, readFixture('golden', model, output)), 'equal', `${engine} ${input}`);
      }
    }
  });
}

withFixtures(
  test,
  'mobilenet_v1_0.25_128_quant: ten records as the reference kernels have them',
  (t: ExecutionContext) => {
    const graph = load('mobilenet_v1_0.25_128_quant');
    const compiled = compile(graph);
    t.true(compiled.deadChannels!.removed > 0);
    const runner = openRunner(graph, compiled, 'node');
    const inputs = readFixture('golden', 'mobilenet_v1_0.25_128_quant', 'inputs_10.u8');
    const size = inputs.length / 10;
    for (let i = 0; i < 10; i += 3) {
      const record = [inputs.subarray(i * size, (i + 1) * size)];
      t.is(difference(runner.run(record)[0], runReference(graph, record)[0]), 'equal', `record ${i}`);
    }
  },
);

import test from 'ava';
import { lower } from '../../src/compile/lower.js';
import { DepthwiseError } from '../../src/errors.js';
import type { Graph } from '../../src/graph/graph.js';
import { blockWeights } from '../../src/lower/convolution.js';
import * as L from '../../src/program/layout.js';
import type { Program } from '../../src/program/program.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';

const builder = (dtype: 'int8' | 'uint8' = 'int8') => new GraphBuilder(seededRandom(5), dtype);
const program = (graph: Graph, fuse = true): Program => lower(graph, { rounding: 'double', fuse });
const kinds = (graph: Graph, fuse = true) => program(graph, fuse).steps.map((step) => step.kind);

test('weights stand in blocks of eight inputs, outputs within a block, the last block as narrow as the rest of K', (t) => {
  const [outputs, k] = [2, 11];
  // Value = 100 * output + input.
  const weights = Int8Array.from({ length: outputs * k }, (_, i) => (i < k ? i : 100 + (i - k)));
  const expected = [
    ...[0, 1, 2, 3, 4, 5, 6, 7],
    ...[100, 101, 102, 103, 104, 105, 106, 107],
    ...[8, 9, 10],
    ...[108, 109, 110],
  ];
  t.deepEqual([...blockWeights(weights, outputs, k)], expected);
});

test('a convolution becomes one step; its bias takes in the input zero point', (t) => {
  const b = builder();
  const x = b.input([1, 4, 4, 3]);
  b.tensors[x] = { ...b.tensors[x], quantization: { scale: [0.5], zeroPoint: [10], axis: 0 } };
  const y = b.conv(x, 2, { kernel: [1, 1], perChannel: false });
  const { steps } = program(b.graph([y]));
  t.is(steps.length, 1);
  t.is(steps[0].kind, L.KIND_CONV);
  const filter = b.tensors[b.operators[0].inputs[1]].data!;
  const bias = b.tensors[b.operators[0].inputs[2]].data!;
  const table = new DataView(steps[0].table!.buffer);
  for (const o of [0, 1]) {
    const sum = [...filter.subarray(3 * o, 3 * o + 3)].reduce((a, w) => a + w, 0);
    t.is(table.getInt32(4 * o, true), bias[o] - 10 * sum);
  }
});

test('a depthwise layer over one channel is a convolution', (t) => {
  const b = builder();
  const y = b.depthwise(b.input([1, 6, 6, 1]), 8);
  t.deepEqual(kinds(b.graph([y])), [L.KIND_CONV]);
});

test('a layer over a single pixel has nothing to pack: fully connected, where it is large enough to be worth the code', (t) => {
  const layer = (inputs: number, outputs: number) => {
    const b = builder();
    return kinds(b.graph([b.conv(b.input([1, 1, 1, inputs]), outputs, { kernel: [1, 1] })]));
  };
  t.deepEqual(layer(64, 64), [L.KIND_FULLY_CONNECTED]);
  t.deepEqual(layer(9, 4), [L.KIND_CONV]);
});

test('a single pixel that is padded is no such layer: what it reads may be the padding', (t) => {
  const b = builder();
  const padded = b.pad(b.input([1, 1, 1, 64]), [1, 0, 1, 0]);
  const y = b.conv(padded, 64, { kernel: [1, 1], stride: [2, 2], padding: 'valid' });
  t.deepEqual(kinds(b.graph([y])), [L.KIND_CONV]);
});

test('PAD goes into the convolution behind it', (t) => {
  const b = builder();
  const y = b.depthwise(b.pad(b.input([1, 8, 8, 4]), [0, 1, 0, 1]), 1, { padding: 'valid', stride: [2, 2] });
  const graph = b.graph([y]);
  const [step] = program(graph).steps;
  t.deepEqual(kinds(graph), [L.KIND_DEPTHWISE]);
  t.deepEqual(step.operators, [0, 1]);
  t.deepEqual([step.window.padTop, step.window.padLeft], [0, 0]);
  t.deepEqual([step.input.height, step.output.height], [8, 4]);
  t.deepEqual(kinds(graph, false), [L.KIND_PAD, L.KIND_DEPTHWISE]);
});

test('PAD stays where somebody else sees what it makes, or where the convolution pads as well', (t) => {
  const seen = builder();
  const padded = seen.pad(seen.input([1, 8, 8, 4]), [1, 1, 1, 1]);
  t.deepEqual(kinds(seen.graph([seen.conv(padded, 2, { padding: 'valid' }), padded])), [L.KIND_PAD, L.KIND_CONV]);

  const twice = builder();
  const shared = twice.pad(twice.input([1, 8, 8, 4]), [1, 1, 1, 1]);
  const outputs = [twice.conv(shared, 2, { padding: 'valid' }), twice.conv(shared, 2, { padding: 'valid' })];
  t.deepEqual(kinds(twice.graph(outputs)), [L.KIND_PAD, L.KIND_CONV, L.KIND_CONV]);

  const same = builder();
  const y = same.conv(same.pad(same.input([1, 8, 8, 4]), [1, 1, 1, 1]), 2, { padding: 'same' });
  t.deepEqual(kinds(same.graph([y])), [L.KIND_PAD, L.KIND_CONV]);
});

test('RELU becomes the clamp of the layer before it, where both are quantised alike', (t) => {
  const alike = builder();
  const conv = alike.conv(alike.input([1, 4, 4, 4]), 8);
  const quantization = alike.tensors[conv].quantization!;
  const relu = alike.add({ op: 'RELU' }, [conv], quantization);
  const { steps, views } = program(alike.graph([relu]));
  t.is(steps.length, 1);
  t.deepEqual(steps[0].operators, [0, 1]);
  t.is(steps[0].clampLow, quantization.zeroPoint[0]);
  t.is(views.get(relu)!.buffer, views.get(conv)!.buffer);

  const rescaled = builder();
  const before = rescaled.conv(rescaled.input([1, 4, 4, 4]), 8);
  const after = rescaled.add({ op: 'RELU' }, [before]);
  t.deepEqual(kinds(rescaled.graph([after])), [L.KIND_CONV, L.KIND_LUT]);
});

test('a RELU whose table is constant is no clamp: its zero point differs', (t) => {
  const b = builder();
  const conv = b.conv(b.input([1, 2, 2, 4]), 4);
  b.tensors[conv] = { ...b.tensors[conv], quantization: { scale: [0.07], zeroPoint: [127], axis: 0 } };
  // Real values of the input are at most 0, so every one becomes the output's zero point.
  const relu = b.add({ op: 'RELU6' }, [conv], { scale: [0.02], zeroPoint: [-31], axis: 0 });
  t.deepEqual(kinds(b.graph([relu])), [L.KIND_CONV, L.KIND_LUT]);
});

test('shape changes are no steps: the tensors share a buffer', (t) => {
  const b = builder();
  const conv = b.conv(b.input([1, 4, 4, 4]), 8);
  const flat = b.reshape(conv, [1, 128]);
  const { steps, views } = program(b.graph([b.fullyConnected(flat, 3)]));
  t.is(steps.length, 2);
  t.is(views.get(flat)!.buffer, views.get(conv)!.buffer);
  t.is(steps[1].input.channels, 128);
});

test('a concatenation is a copy of each input into its slice', (t) => {
  const b = builder();
  const x = b.input([1, 2, 3, 4]);
  const y = b.conv(x, 6, { kernel: [1, 1] });
  b.tensors[y] = { ...b.tensors[y], quantization: b.tensors[x].quantization };
  const graph = b.graph([
    b.add({ op: 'CONCATENATION', axis: 3, activation: 'none' }, [x, y], b.tensors[x].quantization),
  ]);
  const [, first, second] = program(graph).steps;
  t.deepEqual([first.kind, second.kind], [L.KIND_LUT, L.KIND_LUT]);
  t.deepEqual([first.output.offset, second.output.offset], [0, 4]);
  t.deepEqual([first.output.pixelStride, first.output.rowStride], [10, 30]);
  t.deepEqual([...first.table!], [...Array(256).keys()], 'quantised alike, bytes stay as they are');
});

test('uint8 is int8 with the top bit flipped, at the edges of the model only', (t) => {
  const b = builder('uint8');
  const x = b.input([1, 4, 4, 2]);
  const y = b.conv(x, 3);
  const { steps, inputs, outputs } = program(b.graph([y]));
  t.deepEqual(
    steps.map((step) => step.kind),
    [L.KIND_FLIP, L.KIND_CONV, L.KIND_FLIP],
  );
  t.deepEqual([inputs[0].dtype, outputs[0].dtype], ['uint8', 'uint8']);
  t.is(steps[1].input.zeroPoint, b.tensors[x].quantization!.zeroPoint[0] - 128);
  t.is(inputs[0].zeroPoint, b.tensors[x].quantization!.zeroPoint[0], 'the port speaks the model’s own dtype');
});

test('two outputs in one buffer are flipped once', (t) => {
  const b = builder('uint8');
  const y = b.conv(b.input([1, 2, 2, 2]), 3);
  const flat = b.reshape(y, [1, 12]);
  t.deepEqual(kinds(b.graph([y, flat])), [L.KIND_FLIP, L.KIND_CONV, L.KIND_FLIP]);
});

test('float32 at the edges is the host’s: ports hold the bytes behind QUANTIZE and before DEQUANTIZE', (t) => {
  const b = builder();
  const x = b.floatInput([1, 4, 4, 2]);
  const y = b.conv(x, 3);
  const { steps, inputs, outputs, buffers } = program(b.graph([b.dequantize(y)]));
  t.deepEqual(
    steps.map((step) => step.kind),
    [L.KIND_CONV],
  );
  t.is(buffers.length, 2);
  t.deepEqual([inputs[0].tensor, inputs[0].float32], [x, true]);
  t.deepEqual([outputs[0].tensor, outputs[0].float32], [y, true]);
});

test('a QUANTIZE behind the first one is a step', (t) => {
  const b = builder();
  const y = b.add({ op: 'QUANTIZE' }, [b.floatInput([1, 4, 4, 2])]);
  t.deepEqual(kinds(b.graph([y])), [L.KIND_LUT]);
});

test('a float32 input that several QUANTIZE read is refused', (t) => {
  const b = builder();
  const first = b.floatInput([1, 2, 2, 1]);
  const second = b.add({ op: 'QUANTIZE' }, [b.inputs[0]], undefined, [1, 2, 2, 1]);
  const error = t.throws(() => program(b.graph([b.add({ op: 'ADD', activation: 'none' }, [first, second])])), {
    instanceOf: DepthwiseError,
    code: 'MODEL_UNSUPPORTED',
  });
  t.regex(error!.message, /"t0".*2 operators/);
});

test('a constant output is settled at compile time, whatever scale the exporter gave it', (t) => {
  const b = builder();
  const y = b.conv(b.input([1, 3, 3, 2]), 2, { kernel: [1, 1], activation: 'relu' });
  const filter = b.tensors[b.operators[0].inputs[1]];
  filter.data!.fill(0, 2, 4);
  const scale = [filter.quantization!.scale[0], 1e8 * filter.quantization!.scale[0]];
  b.tensors[filter.index] = { ...filter, quantization: { ...filter.quantization!, scale } };
  const [step] = program(b.graph([y])).steps;
  const shift = new Int8Array(step.table!.buffer).at(-1)!;
  t.true(shift > -24 && shift <= 0, `${shift}`);
  t.is(step.flags & L.STEP_GENERAL_REQUANTIZE, 0);
});

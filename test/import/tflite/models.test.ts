import test, { type ExecutionContext } from 'ava';
import { graphCost, operatorCost } from '../../../src/analysis/cost.js';
import { elements, type Graph } from '../../../src/graph/graph.js';
import { importTflite } from '../../../src/import/tflite/import.js';
import { readFixture, readManifest, withFixtures } from '../../fixtures.js';

const load = (model: string): Graph => importTflite(readFixture('models', `${model}.tflite`), model);
/** As the manifests print them: nine significant digits. */
const digits = (value: number) => Number(value.toPrecision(9));

for (const model of ['person_detect', 'vww_96_int8', 'kws_ref_model']) {
  withFixtures(test, `${model}: operators and tensors are those that TFLM ran`, (t: ExecutionContext) => {
    const graph = load(model);
    const manifest = readManifest('golden', model, 'layers', 'manifest.json');
    t.deepEqual(graph.inputs, [manifest.input_tensor]);
    t.deepEqual(graph.outputs, [manifest.output_tensor]);
    t.is(graph.operators.length, manifest.ops.length);
    for (const op of manifest.ops) {
      const operator = graph.operators[op.index];
      const output = graph.tensors[op.tensor];
      t.like(operator, { index: op.index, op: op.op, inputs: op.inputs, outputs: [op.tensor] });
      t.like(output, { index: op.tensor, name: op.name, shape: op.shape, dtype: op.type.toLowerCase() });
      t.is(digits(output.quantization!.scale[0]), op.scale);
      t.is(output.quantization!.zeroPoint[0], op.zero_point);
      t.is(elements(output.shape), op.bytes);
    }
  });

  withFixtures(test, `${model}: input and output are those of the golden files`, (t: ExecutionContext) => {
    const graph = load(model);
    const manifest = readManifest('golden', model, 'manifest.json');
    for (const [index, port] of [
      [graph.inputs[0], manifest.input],
      [graph.outputs[0], manifest.output],
    ]) {
      const { shape, dtype, quantization } = graph.tensors[index];
      t.deepEqual(shape, port.dims ?? port.shape);
      t.is(dtype, port.type.toLowerCase());
      t.is(digits(quantization!.scale[0]), digits(port.scale));
      t.is(quantization!.zeroPoint[0], port.zero_point);
    }
  });
}

withFixtures(test, 'mobilenet_v1_0.25_128_quant: operators, tensors and labels', (t: ExecutionContext) => {
  const graph = load('mobilenet_v1_0.25_128_quant');
  const manifest = readManifest('golden', 'mobilenet_v1_0.25_128_quant', 'manifest.json');
  t.is(graph.operators.length, manifest.layersImage0.length);
  for (const layer of manifest.layersImage0) {
    const output = graph.tensors[layer.tensor];
    t.deepEqual(graph.operators[layer.op].outputs, [layer.tensor]);
    t.like(output, { name: layer.name, shape: layer.shape, dtype: 'uint8' });
    t.deepEqual(output.quantization, { scale: [layer.scale], zeroPoint: [layer.zeroPoint], axis: 0 });
  }
  const labels = new TextDecoder().decode(readFixture('models', 'imagenet_labels.txt')).trimEnd().split('\n');
  t.deepEqual(graph.labels, labels);
  t.is(labels.length, 1001);
});

withFixtures(test, 'fields of the first operator of person_detect', (t: ExecutionContext) => {
  const graph = load('person_detect');
  const [operator] = graph.operators;
  t.like(operator, {
    op: 'DEPTHWISE_CONV_2D',
    depthMultiplier: 8,
    padding: 'same',
    strideH: 2,
    strideW: 2,
    activation: 'relu6',
  });
  const [, filter, bias] = operator.inputs.map((index) => graph.tensors[index]);
  t.deepEqual(filter.shape, [1, 3, 3, 8]);
  t.is(filter.quantization!.scale.length, 8);
  t.is(filter.quantization!.axis, 3);
  t.true(filter.data instanceof Int8Array);
  t.deepEqual([bias.shape, bias.dtype], [[8], 'int32']);
  t.like(graph.operators.at(-4), { op: 'AVERAGE_POOL_2D', filterH: 3, filterW: 3, strideH: 2, padding: 'valid' });
});

// params: counted by hand for person_detect, 207,968 weights and 2,738 biases (the sum of all output channels).
for (const [model, macs, weightBytes, params] of [
  ['person_detect', 7157888, 207968, 207968 + 2738],
  ['vww_96_int8', 7489664, 208112, 208112 + 2738],
  ['kws_ref_model', 2656768, 22016, 22016 + 588],
] as const) {
  withFixtures(test, `${model}: cost`, (t: ExecutionContext) => {
    const graph = load(model);
    t.deepEqual(graphCost(graph), { macs, weightBytes, params });
    const sum = graph.operators.reduce((total, operator) => total + operatorCost(graph, operator).macs, 0);
    t.is(sum, macs);
  });
}

/** .onnx files cut at values, and what the error of a refused one says. */
import test from 'ava';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { randomValues } from './blocks.js';
import { buildOnnx, type ModelSpec, type NodeSpec } from './build.js';

const node = (op: string, inputs: string[], output: string): NodeSpec => ({ op, inputs, outputs: [output] });

const model = (...nodes: NodeSpec[]): ModelSpec => ({
  nodes: [node('Conv', ['x', 'w'], 'c'), ...nodes],
  constants: { w: { shape: [2, 1, 3, 3], data: randomValues(18, 1) } },
  inputs: { x: [1, 1, 6, 6], z: [1, 3] },
  outputs: [nodes.at(-1)?.outputs[0] ?? 'c'],
});
/** Two heads: one of operators that nobody supports, and one that is fine. */
const HEADS = model(
  node('Relu', ['c'], 'r'),
  node('LSTM', ['r', 'z'], 'l'),
  node('Relu', ['l'], 'm'),
  node('GlobalAveragePool', ['r'], 'g'),
  node('GRU', ['g', 'm'], 'u'),
  node('LSTM', ['r', 'z'], 'y'),
);

const message = (spec: ModelSpec) =>
  importFails(spec).message.replace(/; supported: (Add, [^.(]*|[^.(]*Unsqueeze)/g, '');

function importFails(spec: ModelSpec): Error {
  try {
    importOnnx(buildOnnx(spec), 'm');
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was imported');
}

test('what the outputs do not need is left out, inputs too', (t) => {
  const graph = importOnnx(buildOnnx(HEADS), 'm', undefined, ['g', 'r']);
  t.deepEqual(
    graph.operators.map(({ op }) => op),
    ['CONV_2D', 'MEAN'],
  );
  t.is(graph.inputs.length, 1);
  t.deepEqual(
    graph.outputs.map((index) => graph.tensors[index].name),
    ['g', 'r'],
  );
});

test('an unknown output lists near ones', (t) => {
  const cut = (name: string) => () => importOnnx(buildOnnx(HEADS), 'm', undefined, [name]);
  t.throws(cut('rr'), { code: 'USAGE', message: /"rr"; near it: "r", / });
  t.throws(cut('x'), { code: 'USAGE' });
});

test('all refused nodes are listed, but not what only reads them, and where to cut', (t) => {
  t.is(
    message(HEADS),
    [
      '2 of 7 nodes are refused:',
      '  2 x LSTM: an operator that is not known (node 2, 6)',
      'To have what comes before: --outputs r,g',
    ].join('\n'),
  );
  t.regex(
    message(model(node('LSTM', ['c'], 'y'))),
    /^node 1 \(LSTM\), tensor "y": .*To have what comes before: --outputs c$/s,
  );
  t.false(message(model(node('LSTM', ['x'], 'y'))).includes('--outputs'));
});

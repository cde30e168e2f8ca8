/** Softmax of rows and of every pixel of a map, as ONNX Runtime and PyTorch compute it. */
import test, { type ExecutionContext } from 'ava';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { withFixtures } from '../../fixtures.js';
import { agree } from './agree.js';
import { randomValues } from './blocks.js';
import { buildOnnx, type ModelSpec } from './build.js';
import { givesWhatPyTorchGave } from './cases.js';

const model = (x: number[], axis: number | undefined, opset: number, turned = false): ModelSpec => ({
  opset,
  nodes: [
    { op: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
    ...(turned ? [{ op: 'Transpose', inputs: ['c'], outputs: ['t'], attributes: { perm: [0, 2, 3, 1] } }] : []),
    { op: 'Softmax', inputs: [turned ? 't' : 'c'], outputs: ['s'], attributes: axis === undefined ? {} : { axis } },
    ...(turned ? [{ op: 'Transpose', inputs: ['s'], outputs: ['y'], attributes: { perm: [0, 3, 1, 2] } }] : []),
  ],
  constants: { w: { shape: [4, 2, 1, 1], data: randomValues(8, 1).map((value) => 4 * value) } },
  inputs: { x },
  outputs: [turned ? 'y' : 's'],
});

test('of each pixel of a map, channels first or last', async (t) => {
  const turned = [
    model([1, 2, 3, 5], 3, 13, true),
    model([1, 2, 3, 5], -1, 13, true),
    model([1, 2, 3, 5], 3, 11, true),
  ];
  for (const spec of turned) await agree(t, spec);
  const first = model([1, 2, 3, 5], 1, 13);
  await agree(t, { ...first, nodes: [...first.nodes, { op: 'Relu', inputs: ['s'], outputs: ['y'] }], outputs: ['y'] });
});

test('over all of a map only where it has one pixel, as operator sets before 13 have it', async (t) => {
  const old = model([1, 2, 1, 1], undefined, 11);
  await agree(t, { ...old, nodes: [...old.nodes, { op: 'Relu', inputs: ['s'], outputs: ['y'] }], outputs: ['y'] });
  for (const spec of [model([1, 2, 3, 5], 1, 11), model([1, 2, 3, 5], 2, 13), model([1, 2, 3, 5], undefined, 13)]) {
    t.throws(() => importOnnx(buildOnnx(spec), 'm'), {
      code: 'MODEL_UNSUPPORTED',
      message: /\(Softmax\).*over the classes/,
    });
  }
});

withFixtures(test, 'FOMO: a grid of classes, in PyTorch', (t: ExecutionContext) => givesWhatPyTorchGave(t, 'fomo'));

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { fixture, readFixture, withFixtures } from '../../fixtures.js';
import { temporaryFolder } from '../../temporary.js';
import { buildOnnx } from './build.js';

const weights = Float32Array.of(1, 2, 3, 4, 5, 6);

/** Gemm with its weights, [3, 2], in another file. */
const model = (external: Record<string, string>) =>
  buildOnnx({
    nodes: [{ op: 'Gemm', inputs: ['x', 'w'], outputs: ['y'] }],
    constants: { w: { shape: [3, 2], data: weights, external } },
    inputs: { x: [1, 3] },
    outputs: ['y'],
  });

function folder(): string {
  const path = temporaryFolder();
  mkdirSync(join(path, 'model', 'data'), { recursive: true });
  const bytes = Buffer.concat([Buffer.alloc(8), Buffer.from(weights.buffer)]);
  for (const file of ['weights.bin', 'model/weights.bin', 'model/data/weights.bin'])
    writeFileSync(join(path, file), bytes);
  symlinkSync(join(path, 'weights.bin'), join(path, 'model', 'link.bin'));
  return join(path, 'model');
}

test('weights in a second file, with and without a length, also in a folder below', (t) => {
  const path = folder();
  const places: Record<string, string>[] = [
    { location: 'weights.bin', offset: '8', length: '24' },
    { location: 'weights.bin', offset: '8' },
    { location: 'data/weights.bin', offset: '8', length: '24' },
  ];
  for (const external of places) {
    const graph = importOnnx(model(external), 'external', path);
    t.deepEqual([...graph.tensors[graph.operators[0].inputs[1]].data!], [1, 3, 5, 2, 4, 6]);
  }
});

test('what cannot be read is one clear error', (t) => {
  const path = folder();
  const wrong: [Record<string, string>, RegExp][] = [
    [{ location: 'missing.bin' }, /initializer "w".*model.missing\.bin, which is missing/],
    [{ location: '../weights.bin', offset: '8' }, /"\.\.\/weights\.bin"; expected: a file in the folder/],
    [{ location: 'data/../../weights.bin', offset: '8' }, /in the folder/],
    [{ location: join(path, 'weights.bin') }, /in the folder/],
    [{ location: 'link.bin', offset: '8' }, /in the folder/],
    [{ location: 'data' }, /in the folder/],
    [{ location: 'a\0b' }, /in the folder/],
    [{}, /in the folder/],
    [{ location: 'weights.bin', offset: '9', length: '24' }, /bytes 9 to 33 of "weights\.bin", which has 32/],
    [{ location: 'weights.bin', offset: '-8', length: '24' }, /bytes -8/],
    [{ location: 'weights.bin', offset: 'x', length: '24' }, /bytes NaN/],
    [{ location: 'weights.bin', offset: '8', length: '23' }, /5 values; 6 expected/],
  ];
  for (const [external, message] of wrong) {
    const error = t.throws(() => importOnnx(model(external), 'wrong', path), { code: 'MODEL_INVALID' });
    t.regex(error!.message, message, JSON.stringify(external));
  }
  t.throws(() => importOnnx(model({ location: 'weights.bin' }), 'alone'), { code: 'MODEL_UNSUPPORTED' });
});

withFixtures(test, 'a model of a recent torch exporter, its weights beside it', (t: ExecutionContext) => {
  const graph = importOnnx(readFixture('cases', 'ext.onnx'), 'ext', fixture('cases'));
  t.true(graph.operators.length > 4);
  t.true(
    graph.tensors.filter(({ dtype, data }) => dtype === 'float32' && data).every(({ data }) => data!.some(Boolean)),
  );
});

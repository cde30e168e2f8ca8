import { readFileSync } from 'node:fs';
import test from 'ava';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { importOnnx } from '../../../src/import/onnx/import.js';
import { runFloat } from '../../../src/quantize/float-run.js';
import { randomValues, toNhwc } from './blocks.js';

env.wasm.numThreads = 1;

const file = (path: string) => new Uint8Array(readFileSync(new URL(`../../../${path}`, import.meta.url)));
const samples = file('src/models/digits-samples.bin');

for (const name of ['digits', 'digits-mini']) {
  test(`${name}: our float graph gives the scores of ONNX Runtime`, async (t) => {
    const bytes = file(`tools/train/out/${name}.onnx`);
    const session = await InferenceSession.create(bytes);
    const graph = importOnnx(bytes, name);
    for (let digit = 0; digit < 10; digit++) {
      const pixels = Float32Array.from(samples.subarray(digit * 784, (digit + 1) * 784), (pixel) => pixel / 255);
      const { scores } = await session.run({ pixels: new Tensor('float32', pixels, [1, 1, 28, 28]) });
      const ours = runFloat(graph, [pixels])[graph.outputs[0]];
      t.is(ours.length, 10);
      for (const [i, score] of (scores.data as Float32Array).entries()) t.true(Math.abs(ours[i] - score) < 1e-5);
    }
  });
}

test('cifar10: our float graph gives the scores of ONNX Runtime', async (t) => {
  const bytes = file('tools/train/out/cifar10.onnx');
  const session = await InferenceSession.create(bytes);
  const graph = importOnnx(bytes, 'cifar10');
  for (let seed = 1; seed <= 4; seed++) {
    const planes = randomValues(3 * 32 * 32, seed).map((value) => 2 * value);
    const { scores } = await session.run({ pixels: new Tensor('float32', planes, [1, 3, 32, 32]) });
    const ours = runFloat(graph, [toNhwc(planes, 3)])[graph.outputs[0]];
    for (const [i, score] of (scores.data as Float32Array).entries()) t.true(Math.abs(ours[i] - score) < 1e-4);
  }
});

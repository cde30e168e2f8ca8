import test from 'ava';
import { fixture, withFixtures } from '../fixtures.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';
import { cli, cliJson, Folder } from './cli.js';

/** 4x4x2 -> conv 3x3 -> 4x4x8 -> depthwise 3x3 stride 2 -> 2x2x8 -> mean -> classifier of 3. */
function small() {
  const b = new GraphBuilder(seededRandom(4));
  const x = b.depthwise(b.conv(b.input([1, 4, 4, 2]), 8), 1, { stride: [2, 2] });
  return b.graph([b.fullyConnected(b.mean(x, false), 3)], { labels: ['cat', 'dog', 'fox'] });
}

test.serial('layers with shapes, multiply-accumulates, parameters', async (t) => {
  const folder = new Folder();
  const info = await cliJson('info', folder.model('small.tflite', small()));
  t.deepEqual(
    info.layers.map(({ index, op, inputShape, outputShape, macs, params }: any) => [
      index,
      op,
      inputShape.join('x'),
      outputShape.join('x'),
      macs,
      params,
    ]),
    [
      [0, 'CONV_2D', '1x4x4x2', '1x4x4x8', 16 * 8 * 18, 8 * 18 + 8],
      [1, 'DEPTHWISE_CONV_2D', '1x4x4x8', '1x2x2x8', 4 * 8 * 9, 8 * 9 + 8],
      [2, 'MEAN', '1x2x2x8', '1x8', 0, 0],
      [3, 'FULLY_CONNECTED', '1x8', '1x3', 24, 24 + 3],
    ],
  );
  t.is(info.macs, 16 * 8 * 18 + 4 * 8 * 9 + 24);
  t.is(info.weightBytes, 8 * 18 + 8 * 9 + 24);
  t.is(info.params, info.weightBytes + 8 + 8 + 3, 'with biases');
  t.is(info.name, 'small');
  t.deepEqual(info.labels, ['cat', 'dog', 'fox']);
  t.is(info.weights, undefined);
  for (const layer of info.layers) t.is(typeof layer.name, 'string');
});

test.serial('the same as text', async (t) => {
  const folder = new Folder();
  const { stdout, exitCode } = await cli('info', folder.model('small.tflite', small()));
  t.is(exitCode, 0);
  t.regex(stdout, /^input .*\[1, 4, 4, 2\] int8, scale /m);
  t.regex(stdout, /1 +DEPTHWISE_CONV_2D .* 1x4x4x8 +1x2x2x8 +288 +80$/m);
  t.regex(stdout, /MACs 2,616, parameters 259, weights 240 B/);
});

test.serial('a described MobileNet says that its weights are random', async (t) => {
  const info = await cliJson('info', 'mobilenet:0.25@96x96x1,2');
  t.is(info.weights, 'random');
  // MobileNetV1 0.25 at 96x96, grey, two classes: 7,157,888 as the paper counts.
  t.is(info.macs, 7_157_888);
  t.regex((await cli('info', 'mobilenet:0.25@96x96x1,2')).stdout, /weights: random/);
});

test.serial('a .dw file: what it holds, without the model', async (t) => {
  const folder = new Folder();
  const { blobBytes, arenaBytes } = await cliJson(
    'compile',
    folder.model('small.tflite', small()),
    '-o',
    folder.file('a.dw'),
  );
  const info = await cliJson('info', folder.file('a.dw'));
  t.like(info, { name: 'small', blobBytes, arenaBytes, macs: 2616, rounding: 'double', labels: ['cat', 'dog', 'fox'] });
  t.deepEqual(info.inputs[0].shape, [1, 4, 4, 2]);
  t.deepEqual(
    info.layers.map(({ op }: { op: string }) => op),
    ['conv', 'depthwise', 'mean', 'conv'],
  );
  const model = await cliJson('info', folder.file('small.tflite'));
  t.like(info, { params: model.params, weightBytes: model.weightBytes });
  for (const field of ['index', 'op', 'name', 'inputShape', 'outputShape', 'macs', 'params']) {
    for (const layer of info.layers) t.true(field in layer, field);
  }
  const input = folder.write('input.bin', new Uint8Array(32));
  const steps = async (of: string) => (await cliJson('run', folder.file(of), '--input', input)).steps;
  const macs = (list: { macs: number }[]) => list.map((step) => step.macs);
  t.deepEqual(macs(await steps('a.dw')), macs(info.layers));
  t.deepEqual(macs(await steps('small.tflite')), macs(info.layers));
  t.regex((await cli('info', folder.file('a.dw'))).stdout, /small: \.dw file of/);
});

withFixtures(test, 'person_detect: the paper’s count of multiply-accumulates', async (t: any) => {
  const { macs, weightBytes } = await cliJson('info', fixture('models', 'person_detect.tflite'));
  t.is(macs, 7_157_888);
  t.is(weightBytes, 207_968);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { DepthwiseError } from '../../src/errors.js';
import { isSpec, layersOf, mobileNet, PAIRS, pairsOfDepth, parseSpec, specName } from '../../src/mobilenet/topology.js';

test('the spec string', (t) => {
  t.deepEqual(parseSpec('mobilenet:0.25@96x80x1,2'), {
    alpha: 0.25,
    height: 96,
    width: 80,
    channels: 1,
    classes: 2,
    stemStride: 2,
    pairs: PAIRS,
  });
});

test('what is a spec', (t) => {
  t.true(isSpec('mobilenet:nonsense'));
  t.true(isSpec('nets/small.json'));
  t.false(isSpec('mobilenet.tflite'));
  t.false(isSpec('mobilenet_v1'));
});

test('the layers of the whole network: 28, with the shapes of table 1', (t) => {
  const layers = layersOf(parseSpec('mobilenet:1@224x224x3,1000'));
  t.is(layers.length, 28);
  t.deepEqual(
    layers.filter(({ kind }) => kind === 'pointwise').map(({ outputShape }) => outputShape.join('x')),
    [
      '112x112x64',
      '56x56x128',
      '56x56x128',
      '28x28x256',
      '28x28x256',
      ...Array(6).fill('14x14x512'),
      '7x7x1024',
      '7x7x1024',
    ],
  );
  t.deepEqual(
    layers.slice(0, 4).map(({ name }) => name),
    ['conv0', 'dw1', 'pw1', 'dw2'],
  );
  t.deepEqual(layers[0].outputShape, [112, 112, 32]);
  t.deepEqual(layers[27], {
    name: 'fc',
    kind: 'classifier',
    kernel: 1,
    stride: 1,
    inputShape: [1, 1, 1024],
    outputShape: [1, 1, 1000],
  });
});

test('odd sizes are rounded up, as SAME padding does', (t) => {
  const layers = layersOf(parseSpec('mobilenet:0.25@97x33x3,2'));
  t.deepEqual(layers[0].outputShape, [49, 17, 8]);
  t.deepEqual(layers.at(-2)!.outputShape, [4, 2, 256]);
});

test('channels are int(alpha * c)', (t) => {
  const layers = layersOf(parseSpec('mobilenet:0.35@96x96x3,2'));
  t.deepEqual(
    layers.filter(({ kind }) => kind !== 'depthwise').map(({ outputShape }) => outputShape[2]),
    [11, 22, 44, 44, 89, 89, ...Array(6).fill(179), 358, 358, 2],
  );
  const odd = mobileNet({ alpha: 0.57, input: [8, 8, 1], classes: 2, depth: [[100, 1]] }, 'test');
  t.is(layersOf(odd)[2].outputShape[2], 57);
});

test('depth: 8 is the shallow network of the paper, less takes pairs from the end', (t) => {
  const channels = (depth: number): number[] => pairsOfDepth(depth).map((pair) => pair.channels);
  t.deepEqual(pairsOfDepth(13), [...PAIRS]);
  t.deepEqual(channels(8), [64, 128, 128, 256, 256, 512, 1024, 1024]);
  t.deepEqual(channels(11), [64, 128, 128, 256, 256, 512, 512, 512, 512, 1024, 1024]);
  t.deepEqual(channels(3), [64, 128, 128]);
});

test('the JSON form: depth, strides, pairs of your own', (t) => {
  const small = parseSpec(
    'mobilenet:{"alpha":0.5,"input":[32,32,3],"classes":10,"depth":6,"stemStride":1,"lastStride":1}',
  );
  t.is(small.stemStride, 1);
  t.deepEqual(
    small.pairs.map(({ stride }) => stride),
    [1, 2, 1, 2, 1, 1],
  );
  t.deepEqual(layersOf(small).at(-2)!.outputShape, [8, 8, 256]);
  const own = parseSpec('mobilenet:{"alpha":1,"input":[8,8,1],"classes":2,"depth":[[24,1],[48,2]]}');
  t.deepEqual(own.pairs, [
    { channels: 24, stride: 1 },
    { channels: 48, stride: 2 },
  ]);
});

test('a .json file holds the same object', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'depthwise-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'net.json');
  writeFileSync(file, '{"alpha": 0.25, "input": [96, 96, 1], "classes": 2}');
  t.deepEqual(parseSpec(file), parseSpec('mobilenet:0.25@96x96x1,2'));
  t.is(t.throws<DepthwiseError>(() => parseSpec(join(folder, 'none.json')))?.code, 'MODEL_NOT_FOUND');
  writeFileSync(file, '{"alpha": 0.25,');
  const error = t.throws<DepthwiseError>(() => parseSpec(file), { message: /net\.json: not JSON/ });
  t.is(error?.code, 'USAGE');
});

test('specName is what parses to the same network', (t) => {
  t.is(specName(parseSpec('mobilenet:0.25@96x96x1,2')), 'mobilenet:0.25@96x96x1,2');
  t.is(
    specName(parseSpec('mobilenet:{"classes":2,"input":[8,8,1],"alpha":1,"depth":8}')),
    'mobilenet:{"alpha":1,"input":[8,8,1],"classes":2,"depth":8}',
  );
  const size = fc.integer({ min: 1, max: 300 });
  const stride = fc.constantFrom(1, 2);
  const options = fc.record(
    {
      alpha: fc.constantFrom(0.25, 0.5, 0.75, 1, 0.3),
      input: fc.tuple(size, size, fc.constantFrom(1, 3)),
      classes: size,
      depth: fc.oneof(
        fc.integer({ min: 1, max: 13 }),
        fc.array(fc.tuple(fc.integer({ min: 4, max: 64 }), stride), { minLength: 1, maxLength: 14 }),
      ),
      stemStride: stride,
      lastStride: stride,
    },
    { requiredKeys: ['alpha', 'input', 'classes'] },
  );
  fc.assert(
    fc.property(options, (given) => {
      let spec: ReturnType<typeof mobileNet>;
      try {
        spec = mobileNet(given, 'test');
      } catch (error) {
        // The one thing these options can get wrong.
        return given.lastStride !== undefined && /lastStride/.test((error as Error).message);
      }
      t.deepEqual(parseSpec(specName(spec)), spec);
      return true;
    }),
    { numRuns: 200 },
  );
});

for (const [spec, message] of [
  ['mobilenet:', /describes no MobileNet: expected mobilenet:ALPHA@HxWxC,CLASSES/],
  ['mobilenet:0.25@96x96,2', /describes no MobileNet/],
  ['mobilenet:0.25@96x96x1', /describes no MobileNet/],
  ['mobilenet:a@96x96x1,2', /alpha is "not a number"/],
  ['mobilenet:0@96x96x1,2', /alpha is 0; expected a number above 0/],
  ['mobilenet:-1@96x96x1,2', /alpha is -1/],
  ['mobilenet:0.01@96x96x1,2', /int\(alpha \* 32\) is 0; expected a whole number from 1/],
  ['mobilenet:1@0x96x1,2', /height is 0/],
  ['mobilenet:1@96x99999x1,2', /width is 99999; expected a whole number from 1 to 4096/],
  ['mobilenet:1@96x96x0,2', /channels is 0/],
  ['mobilenet:1@96x96x1,0', /classes is 0/],
  ['mobilenet:{"alpha":1', /not JSON/],
  ['mobilenet:{}', /alpha is missing/],
  ['mobilenet:{"alpha":1,"input":[1,2],"classes":2}', /input is \[1,2\]; expected \[height, width, channels\]/],
  ['mobilenet:{"alpha":1,"input":[8,8,1],"classes":2,"wide":1}', /unknown field "wide"; expected alpha, input/],
  ['mobilenet:{"alpha":1,"input":[8,8,1],"classes":2,"depth":0}', /depth is 0; expected a whole number from 1 to 13/],
  ['mobilenet:{"alpha":1,"input":[8,8,1],"classes":2,"depth":[]}', /depth is \[\]; expected 1 to 64 pairs/],
  [
    'mobilenet:{"alpha":1,"input":[8,8,1],"classes":2,"depth":[[8]]}',
    /depth\[0\] is \[8\]; expected \[channels, stride\]/,
  ],
  ['mobilenet:{"alpha":1,"input":[8,8,1],"classes":2,"depth":[[8,3]]}', /stride of depth\[0\] is 3; expected 1 or 2/],
  ['mobilenet:{"alpha":1,"input":[8,8,1],"classes":2,"stemStride":4}', /stemStride is 4; expected 1 or 2/],
  [
    'mobilenet:{"alpha":1,"input":[8,8,1],"classes":2,"depth":1,"lastStride":1}',
    /lastStride is 1; expected it to be left/,
  ],
] as const) {
  test(`refused: ${spec}`, (t) => {
    const error = t.throws(() => parseSpec(spec), { instanceOf: DepthwiseError, message });
    t.is(error?.code, 'USAGE');
  });
}

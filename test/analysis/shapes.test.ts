import test from 'ava';
import fc from 'fast-check';
import { outputShape } from '../../src/analysis/shapes.js';
import { windowGeometry } from '../../src/graph/window.js';
import { squeezedAxes } from '../../src/operators/squeeze.js';
import { GraphBuilder, seededRandom } from '../graph/builder.js';

// Worked by hand from the definition: SAME on even sizes with stride 2 pads only behind.
for (const [input, kernel, stride, padding, output, before] of [
  [96, 3, 2, 'same', 48, 0],
  [48, 3, 1, 'same', 48, 1],
  [49, 10, 2, 'same', 25, 4],
  [10, 4, 2, 'same', 5, 1],
  [7, 3, 2, 'same', 4, 1],
  [5, 1, 3, 'same', 2, 0],
  [4, 6, 1, 'same', 4, 2],
  [3, 3, 2, 'valid', 1, 0],
  [10, 4, 2, 'valid', 4, 0],
  [5, 5, 5, 'valid', 1, 0],
  [2, 3, 1, 'valid', 0, 0],
] as const) {
  test(`${kernel} wide, stride ${stride}, ${padding}, on ${input}: ${output} outputs, ${before} before`, (t) => {
    t.deepEqual(windowGeometry(input, kernel, stride, padding), { output, before });
  });
}

test('windows: VALID reads no padding, SAME pads evenly and every window touches the input', (t) => {
  const size = fc.integer({ min: 1, max: 64 });
  fc.assert(
    fc.property(size, size, size, (input, kernel, stride) => {
      const valid = windowGeometry(input, kernel, stride, 'valid');
      if (valid.output > 0 && (valid.before !== 0 || (valid.output - 1) * stride + kernel > input)) return false;
      const { output, before } = windowGeometry(input, kernel, stride, 'same');
      const last = (output - 1) * stride - before;
      const after = Math.max(0, last + kernel - input);
      return (
        output === Math.ceil(input / stride) &&
        last < input &&
        (after === before || after === before + 1 || before === 0)
      );
    }),
  );
  t.pass();
});

test('output shapes', (t) => {
  const b = new GraphBuilder(seededRandom(1));
  const x = b.input([1, 9, 6, 4]);
  const shapes = [
    b.conv(x, 5, { kernel: [3, 2], stride: [2, 1], padding: 'valid' }),
    b.depthwise(x, 3, { stride: [2, 2] }),
    b.pool('MAX_POOL_2D', x, { kernel: [3, 3], stride: [3, 3], padding: 'valid' }),
    b.mean(x, true),
    b.mean(x, false),
    b.pad(x, [1, 2, 0, 3]),
    b.add({ op: 'CONCATENATION', axis: -2, activation: 'none' }, [x, x, x]),
    b.fullyConnected(x, 7),
    b.add({ op: 'RELU' }, [x]),
  ].map((index) => b.tensors[index].shape);
  t.deepEqual(shapes, [
    [1, 4, 5, 5],
    [1, 5, 3, 12],
    [1, 3, 2, 4],
    [1, 1, 1, 4],
    [1, 4],
    [1, 12, 9, 4],
    [1, 9, 18, 4],
    [1, 7],
    [1, 9, 6, 4],
  ]);
});

test('the shape of a reshape is stated, not derived', (t) => {
  const b = new GraphBuilder(seededRandom(1));
  b.reshape(b.input([1, 2, 3, 4]), [1, 24]);
  t.is(outputShape(b.operators[0], b.tensors), undefined);
});

test('a window that does not fit is refused', (t) => {
  const b = new GraphBuilder(seededRandom(1));
  const x = b.input([1, 4, 4, 1]);
  const error = t.throws(() => b.pool('AVERAGE_POOL_2D', x, { kernel: [5, 2], padding: 'valid' }));
  t.like(error, { code: 'MODEL_INVALID' });
  t.regex(error!.message, /operator 0 \(AVERAGE_POOL_2D\), tensor 0 "t0": a 5x2 window .* 4x4 pixels/);
});

test('squeezed axes', (t) => {
  t.deepEqual(squeezedAxes([1, 1, 1, 9], [1, 9]), [1, 2]);
  t.deepEqual(squeezedAxes([1, 3, 1, 9], [3, 9]), [0, 2]);
  t.deepEqual(squeezedAxes([2, 9], [2, 9]), []);
  t.is(squeezedAxes([1, 5], [5, 1]), undefined);
  t.is(squeezedAxes([1, 5], [1, 5]), undefined);
  t.is(squeezedAxes([1, 5], [1, 5, 1]), undefined);
  t.is(squeezedAxes([2, 3], [6]), undefined);
});

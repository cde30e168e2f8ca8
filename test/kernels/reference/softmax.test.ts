import test from 'ava';
import fc from 'fast-check';
import type { DType, OperatorOf } from '../../../src/graph/graph.js';
import { softmaxParameters } from '../../../src/kernels/reference/prepare.js';
import { softmaxExpTable } from '../../../src/kernels/reference/tables.js';
import { only, runTiny, tinyGraph } from './tiny.js';

const softmax = (n: number, scale: number, dtype: DType = 'int8', outScale = 1 / 256) =>
  tinyGraph({ op: 'SOFTMAX', beta: 1 }, [{ shape: [1, n], dtype, scale }], {
    shape: [1, n],
    dtype,
    scale: outScale,
    zeroPoint: dtype === 'int8' ? -128 : 0,
  });

test('equal inputs share the probability', (t) => {
  t.deepEqual(runTiny(softmax(2, 1), [[5, 5]]), [0, 0]);
  t.deepEqual(runTiny(softmax(4, 1, 'uint8'), [[9, 9, 9, 9]]), [64, 64, 64, 64]);
});

test('a probability of 1 saturates at 255 / 256', (t) => {
  t.deepEqual(runTiny(softmax(2, 1), [[100, -100]]), [127, -128]);
});

test('a difference of ln 3 gives 3/4 and 1/4', (t) => {
  t.deepEqual(runTiny(softmax(2, Math.log(3)), [[1, 0]]), [192 - 128, 64 - 128]);
});

test('outputs are within 1 of the real softmax', (t) => {
  const inputs = fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(inputs, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (x, scale) => {
      const exps = x.map((value) => Math.exp(Math.fround(scale) * value));
      const sum = exps.reduce((a, b) => a + b);
      return runTiny(softmax(x.length, scale), [x]).every((y, i) => Math.abs(y + 128 - (256 * exps[i]) / sum) <= 1);
    }),
  );
  t.pass();
});

test('exps fall from 1 and stop at diffMin', (t) => {
  const graph = softmax(2, 0.25);
  const p = softmaxParameters(graph, only<OperatorOf<'SOFTMAX'>>(graph));
  const exps = softmaxExpTable(p);
  // 0.25 in Q5.26 is 2^30 with shift 25: 31 * 2^26 / 2^25
  t.is(p.diffMin, -62);
  t.is(exps[0], 2 ** 31 - 1);
  t.true(Math.abs(exps[4] / 2 ** 31 - Math.exp(-1)) < 1e-6);
  t.true(exps.every((exp, diff) => diff === 0 || exp <= exps[diff - 1]));
  t.true(exps[62] > 0);
  t.is(exps[63], 0);
});

test('sums of 512 and more give the lowest byte', (t) => {
  t.deepEqual(new Set(runTiny(softmax(600, 0.1), [Array(600).fill(3)])), new Set([-128]));
});

test('an output that is not in steps of 1/256 is refused', (t) => {
  t.throws(() => runTiny(softmax(2, 1, 'int8', 1 / 128), [[1, 2]]), { code: 'MODEL_UNSUPPORTED', message: /1\/256/ });
});

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { graphCost } from '../../src/analysis/cost.js';
import { importTflite } from '../../src/import/tflite/import.js';
import { convolutionCost, mobileNetCost, scaledLayer, separableCost } from '../../src/mobilenet/cost.js';
import { parseSpec } from '../../src/mobilenet/topology.js';
import { readFixture, withFixtures } from '../fixtures.js';

const cost = (spec: string) => mobileNetCost(parseSpec(spec));

/** Exact, by alpha: MACs at 224, 192, 160 and 128, then parameters. The paper prints them in millions. */
const GRID: Record<string, [macs: number[], params: number]> = {
  1: [[568740352, 418121728, 290675200, 186400768], 4209088],
  0.75: [[325400448, 239273472, 166396800, 106770432], 2568144],
  0.5: [[149497088, 109970432, 76524800, 49160192], 1319648],
  0.25: [[41030272, 30212608, 21059200, 13570048], 463600],
};

for (const [alpha, [macs, params]] of Object.entries(GRID)) {
  for (const [i, size] of [224, 192, 160, 128].entries()) {
    test(`alpha ${alpha} at ${size}`, (t) => {
      const { layers, ...total } = cost(`mobilenet:${alpha}@${size}x${size}x3,1000`);
      t.is(total.macs, macs[i]);
      t.is(total.params, params);
      t.is(layers.length, 28);
    });
  }
}

test('with standard convolutions: 4866 million without the classifier, 29.28 million parameters', (t) => {
  const { layers, fullConvMacs, fullConvParams } = cost('mobilenet:1@224x224x3,1000');
  t.is(fullConvMacs - layers.at(-1)!.macs, 4866269184);
  t.is(fullConvParams, 29281120);
});

test('the shallow network', (t) => {
  const { macs, params, layers } = cost('mobilenet:{"alpha":1,"input":[224,224,3],"classes":1000,"depth":8}');
  t.deepEqual([macs, params, layers.length], [307323392, 2875328, 18]);
});

test('table 3 of the paper', (t) => {
  const layer = { dk: 3, m: 512, n: 512, df: 14 };
  const macs = (alpha: number, rho: number): number => {
    const { dk, m, n, df } = scaledLayer(layer, alpha, rho);
    return separableCost(dk, m, n, df * df).macs;
  };
  t.is(convolutionCost(3, 512, 512, 14 * 14).macs, 462422016);
  t.deepEqual([macs(1, 1), macs(0.75, 1), macs(0.75, 0.714)], [52283392, 29578752, 15091200]);
});

test('separable / convolution is 1/N + 1/Dk^2, whatever the other numbers', (t) => {
  const number = fc.integer({ min: 1, max: 512 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), number, number, number, (dk, m, n, df) => {
      const own = separableCost(dk, m, n, df * df);
      const full = convolutionCost(dk, m, n, df * df);
      const expected = 1 / n + 1 / dk ** 2;
      t.true(Math.abs(own.macs / full.macs - expected) < 1e-12);
      t.true(Math.abs(own.params / full.params - expected) < 1e-12);
    }),
  );
});

test('the row of a pointwise layer compares its pair', (t) => {
  const { layers } = cost('mobilenet:1@224x224x3,1000');
  const [depthwise, pointwise] = layers.slice(3, 5);
  t.is(depthwise.macRatio, null);
  t.is(pointwise.fullConvMacs, 9 * 64 * 128 * 56 * 56);
  t.is(pointwise.macRatio, (depthwise.macs + pointwise.macs) / pointwise.fullConvMacs!);
});

for (const [model, spec] of [
  ['person_detect', 'mobilenet:0.25@96x96x1,2'],
  ['vww_96_int8', 'mobilenet:0.25@96x96x3,2'],
  ['mobilenet_v1_0.25_128_quant', 'mobilenet:0.25@128x128x3,1001'],
]) {
  withFixtures(test, `MACs and weights are those of the real ${model}`, (t: ExecutionContext) => {
    const real = graphCost(importTflite(readFixture('models', `${model}.tflite`)));
    const { macs, params } = cost(spec);
    t.is(macs, real.macs);
    t.is(params, real.weightBytes);
  });
}

test('alpha 0.25 at 96x96 with two classes, in colour and grey', (t) => {
  t.is(cost('mobilenet:0.25@96x96x3,2').macs, 7489664);
  t.is(cost('mobilenet:0.25@96x96x1,2').macs, 7157888);
});

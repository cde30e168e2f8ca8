/** Dilated, grouped and transposed convolutions: every engine gives the bytes of the reference kernels. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { conv } from '../../src/kernels/reference/conv.js';
import { depthwise } from '../../src/kernels/reference/depthwise.js';
import { transposeConv } from '../../src/kernels/reference/transpose-conv.js';
import { type Random, seededRandom } from '../graph/builder.js';
import { type Layer, layerProgram, transposed, windowed } from './gapped.js';
import { runEverywhere } from './programs.js';

function holds(t: ExecutionContext, seed: number, numRuns: number, make: (random: Random) => [Layer, Int8Array]): void {
  const property = fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
    const random = seededRandom(seed);
    const rounding = random() < 0.3 ? 'single' : 'double';
    const [layer, expected] = make(random);
    reference(layer, expected, rounding);
    runEverywhere(layerProgram(layer, rounding), layer.input, expected);
  });
  t.notThrows(() => fc.assert(property, { numRuns, seed, includeErrorInReport: true }));
}

/** By the definition of the layer's operator. */
function reference(
  { p, groups, weights, bias, input, turned }: Layer,
  output: Int8Array,
  rounding: 'double' | 'single',
) {
  if (turned) transposeConv(input, weights, bias, output, p, rounding);
  else if (p.depthMultiplier === 0) conv(input, weights, bias, output, p, rounding);
  else {
    // OHWI of one input channel each to 1HWO.
    const taps = p.kernelHeight * p.kernelWidth;
    const turnedAround = weights.map(
      (_, i) => weights[(i % p.outputChannels) * taps + Math.floor(i / p.outputChannels)],
    );
    depthwise(input, turnedAround, bias, output, { ...p, depthMultiplier: p.outputChannels / groups }, rounding);
  }
}

test('dilated convolutions', (t) => {
  holds(t, 41, 60, (random) => windowed(random, 'dense'));
});

test('grouped convolutions, with dilation', (t) => {
  holds(t, 42, 40, (random) => windowed(random, 'grouped'));
});

test('dilated depthwise convolutions, also of several outputs per input channel', (t) => {
  holds(t, 43, 60, (random) => windowed(random, 'depthwise'));
});

test('transposed convolutions: any kernel and stride, kernels smaller than the stride too', (t) => {
  holds(t, 44, 80, transposed);
});

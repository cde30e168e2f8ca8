import test from 'ava';
import fc from 'fast-check';
import { hwc } from '../../src/graph/graph.js';
import { importOnnx } from '../../src/import/onnx/import.js';
import { withRoundedWeights } from '../../src/quantize/blame.js';
import { calibrate } from '../../src/quantize/calibrate.js';
import { correctBias } from '../../src/quantize/correct-bias.js';
import { runFloat } from '../../src/quantize/float-run.js';
import { realValues } from '../../src/quantize/pixels.js';
import { quantizeWithSamples } from '../../src/quantize/post-training.js';
import { quantizeGraph } from '../../src/quantize/quantize.js';
import { block, blockModel } from '../import/onnx/blocks.js';
import { buildOnnx } from '../import/onnx/build.js';
import { bytesFor, INPUT, network } from './networks.js';

test('with rounded weights, the mean of each channel is that of the float layer to a step of the bias', (t) => {
  fc.assert(
    fc.property(
      block.map((b) => ({ ...b, relu6: false })),
      (b) => {
        const graph = importOnnx(buildOnnx(blockModel(b)), 'block');
        const samples = bytesFor(graph, 3, b.seed).map(([bytes]) => [realValues(bytes, INPUT)]);
        const rounded = quantizeGraph(graph, calibrate(graph, samples), [INPUT]);
        const corrected = correctBias(graph, rounded, samples);
        const means = (of: typeof graph) => {
          const channels = hwc(of.tensors[of.outputs[0]].shape)[2];
          const sums = Array<number>(channels).fill(0);
          let pixels = 0;
          for (const sample of samples) {
            const values = runFloat(of, sample)[of.outputs[0]];
            for (let i = 0; i < values.length; i++) sums[i % channels] += values[i];
            pixels += values.length / channels;
          }
          return sums.map((sum) => sum / pixels);
        };
        const steps = corrected.tensors[corrected.operators.at(-1)!.inputs[2]].quantization!.scale;
        const [real, ours] = [means(graph), means(withRoundedWeights(graph, corrected))];
        for (const [c, mean] of real.entries()) {
          const off = Math.abs(mean - ours[c]);
          t.true(off <= 1.01 * steps[c] + 1e-5, `${off}, step ${steps[c]}`);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('scores have less noise with it, over a number of networks', (t) => {
  const gains = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
    const graph = network('Relu', 50 * seed);
    const records = bytesFor(graph, 32, seed);
    const run = (on: boolean) =>
      quantizeWithSamples(graph, records, [INPUT], { ranges: 'minmax', equalize: false, correctBias: on }).layers.at(
        -1,
      )!.sqnr;
    return run(true) - run(false);
  });
  t.true(gains.reduce((a, b) => a + b, 0) / gains.length > 0.5, `${gains.map((gain) => gain.toFixed(1))} dB`);
});

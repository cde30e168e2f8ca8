import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { channelsOf, elements, type Graph, type Tensor } from '../../src/graph/graph.js';
import { importOnnx } from '../../src/import/onnx/import.js';
import { withRoundedWeights } from '../../src/quantize/blame.js';
import { calibrate } from '../../src/quantize/calibrate.js';
import { correctBias } from '../../src/quantize/correct-bias.js';
import { runFloat } from '../../src/quantize/float-run.js';
import { realValues } from '../../src/quantize/pixels.js';
import { quantizeWithSamples } from '../../src/quantize/post-training.js';
import { quantizeGraph } from '../../src/quantize/quantize.js';
import { seededRandom } from '../graph/builder.js';
import { block, blockModel } from '../import/onnx/blocks.js';
import { buildOnnx } from '../import/onnx/build.js';
import { bytesFor, INPUT, network } from './networks.js';

/** Means of a graph's last layer over samples, and over all pixels, differ from those of the float graph by a step of the bias at most. */
function keepsMeans(t: ExecutionContext, graph: Graph, seed: number): void {
  const samples = bytesFor(graph, 3, seed).map(([bytes]) => [realValues(bytes, INPUT)]);
  const rounded = quantizeGraph(graph, calibrate(graph, samples), [INPUT]);
  const corrected = correctBias(graph, rounded, samples);
  const means = (of: Graph) => {
    const channels = channelsOf(of.tensors[of.outputs[0]]);
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
    const step = steps[steps.length > 1 ? c : 0];
    t.true(off <= 1.01 * step + 1e-5, `${off}, step ${step}`);
  }
}

test('with rounded weights, the mean of each channel is that of the float layer to a step of the bias', (t) => {
  fc.assert(
    fc.property(
      block.map((b) => ({ ...b, relu6: false })),
      (b) => keepsMeans(t, importOnnx(buildOnnx(blockModel(b)), 'block'), b.seed),
    ),
    { numRuns: 200 },
  );
});

test('so it is where a fully connected layer takes every pixel of a map as a row', (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const constant = (index: number, name: string, shape: number[]): Tensor => {
      const data = Float32Array.from({ length: elements(shape) }, () => 2 * random() - 1);
      return { index, name, shape, dtype: 'float32', data };
    };
    keepsMeans(
      t,
      {
        name: 'rows',
        tensors: [
          { index: 0, name: 'map', shape: [1, 3, 2, 4], dtype: 'float32' },
          constant(1, 'filter', [5, 4]),
          constant(2, 'bias', [5]),
          { index: 3, name: 'rows', shape: [6, 5], dtype: 'float32' },
        ],
        operators: [{ index: 0, op: 'FULLY_CONNECTED', activation: 'none', inputs: [0, 1, 2], outputs: [3] }],
        inputs: [0],
        outputs: [3],
      },
      seed,
    );
  }
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

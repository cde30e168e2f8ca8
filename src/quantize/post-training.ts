/** Float graph and sample inputs in, int8 graph and its noise out. */
import { DepthwiseError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Affine } from './affine.js';
import { layerShares } from './blame.js';
import { calibrate } from './calibrate.js';
import { correctBias } from './correct-bias.js';
import { equalize } from './equalize.js';
import { realValues } from './pixels.js';
import { quantizeGraph } from './quantize.js';
import type { RangeMethod } from './ranges.js';
import { type LayerNoise, measureNoise } from './sqnr.js';

/** Noise is measured on this many samples at most; ranges come from all. */
export const NOISE_SAMPLES = 64;
/** The share of each layer takes an inference for every layer: fewer samples. */
export const SHARE_SAMPLES = 8;

export interface QuantizeOptions {
  ranges: RangeMethod;
  equalize: boolean;
  correctBias: boolean;
}

export const DEFAULT_OPTIONS: QuantizeOptions = { ranges: 'minmax', equalize: false, correctBias: false };

export interface LayerReport extends LayerNoise {
  /** Part of the noise at the scores that this layer causes, 0..1: see layerShares. */
  share: number;
}

/**
 * `records` are int8 bytes of the graph's inputs, NHWC, per record one array per input; `inputs` says what real values
 * they stand for. Throws INPUT_SIZE, MODEL_INVALID, MODEL_UNSUPPORTED.
 */
export function quantizeWithSamples(
  graph: Graph,
  records: readonly Uint8Array[][],
  inputs: readonly Affine[],
  options: QuantizeOptions = DEFAULT_OPTIONS,
): { graph: Graph; layers: LayerReport[] } {
  const samples = records.map((record) => record.map((bytes, i) => realValues(bytes, inputs[i])));
  const float = options.equalize ? equalize(graph, samples) : graph;
  const rounded = quantizeGraph(float, calibrate(float, samples, options.ranges), inputs);
  if (rounded.tensors.some(({ dtype }) => dtype === 'uint8')) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `model "${graph.name}": some of its weights are integers with a zero point, others are float; supported: weights that ` +
        'are float, or int8 without a zero point. Quantise all of it, or none.',
    );
  }
  const quantized = options.correctBias ? correctBias(float, rounded, samples) : rounded;
  const shares = layerShares(float, quantized, samples.slice(0, SHARE_SAMPLES));
  const noise = measureNoise(float, quantized, records.slice(0, NOISE_SAMPLES));
  return { graph: quantized, layers: noise.map((layer, i) => ({ ...layer, share: shares[i] })) };
}

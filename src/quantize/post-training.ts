/** Float graph and sample inputs in, int8 graph and its noise out. */
import type { Graph } from '../graph/graph.js';
import { calibrate } from './calibrate.js';
import { realValues } from './pixels.js';
import { type Affine, quantizeGraph } from './quantize.js';
import { type LayerNoise, measureNoise } from './sqnr.js';

/** Noise is measured on this many samples at most; ranges come from all. */
export const NOISE_SAMPLES = 64;

/**
 * `records` are int8 bytes of the graph's inputs, NHWC, per record one array per input; `inputs` says what real values
 * they stand for. Throws INPUT_SIZE, MODEL_INVALID, MODEL_UNSUPPORTED.
 */
export function quantizeWithSamples(
  graph: Graph,
  records: readonly Uint8Array[][],
  inputs: readonly Affine[],
): { graph: Graph; layers: LayerNoise[] } {
  const samples = records.map((record) => record.map((bytes, i) => realValues(bytes, inputs[i])));
  const quantized = quantizeGraph(graph, calibrate(graph, samples), inputs);
  return { graph: quantized, layers: measureNoise(graph, quantized, records.slice(0, NOISE_SAMPLES)) };
}

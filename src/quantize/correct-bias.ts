/**
 * Bias correction (Nagel et al. 2019, arXiv 1906.04721, section 4.2): rounding the weights moves the mean of each output
 * channel by the sum of rounding errors times mean inputs; the bias takes it back.
 */
import type { Graph, WeightedOperator } from '../graph/graph.js';
import { channelsOf, elements } from '../graph/graph.js';
import { filterAxis, inputChannel, outputChannel, windowSize } from '../graph/weighted.js';
import { filterOf, isWeighted } from '../operators/index.js';
import type { Sample } from './calibrate.js';
import { runFloat } from './float-run.js';

/** `quantized` = quantizeGraph(float, ...) with corrected biases. `samples` as for calibrate. */
export function correctBias(float: Graph, quantized: Graph, samples: readonly Sample[]): Graph {
  const layers = float.operators.filter(isWeighted);
  const means = layers.map(({ inputs }) => new Float64Array(float.tensors[inputs[1]].data!.length));
  for (const sample of samples) {
    const values = runFloat(float, sample);
    for (const [i, layer] of layers.entries()) addInputs(float, layer, values[layer.inputs[0]], means[i]);
  }
  const tensors = [...quantized.tensors];
  for (const [i, layer] of layers.entries()) {
    const { inputs } = quantized.operators[layer.index];
    const weights = tensors[inputs[1]];
    const bias = tensors[inputs[2]];
    const real = float.tensors[layer.inputs[1]].data!;
    const channelOf = outputChannel(float, layer);
    const moved = new Float64Array(bias.data!.length);
    const { scale } = weights.quantization!;
    weights.data!.forEach((value, k) => {
      const c = channelOf(k);
      moved[c] += ((scale[scale.length > 1 ? c : 0] * value - real[k]) * means[i][k]) / samples.length;
    });
    const biasScale = bias.quantization!.scale;
    const data = (bias.data as Int32Array).map(
      (value, c) => value - Math.round(moved[c] / biasScale[biasScale.length > 1 ? c : 0]),
    );
    tensors[inputs[2]] = { ...bias, data };
  }
  return { ...quantized, tensors };
}

/** Adds to `means`, for each weight, the mean over the output pixels of the input value that it is multiplied with. */
function addInputs(graph: Graph, layer: WeightedOperator, values: Float32Array, means: Float64Array): void {
  const [input, filter] = layer.inputs.map((index) => graph.tensors[index]);
  const output = graph.tensors[layer.outputs[0]];
  const taps = windowSize(filter);
  const ofFilter = filter.shape.at(-1)!;
  // A row of inputs of a fully connected layer is a pixel, also where it is a map.
  const channels = filter.shape.length < 4 ? ofFilter : channelsOf(input);
  /** Sums by tap and input channel. */
  const sums = new Float64Array(taps * channels);
  filterOf(layer).pixels(layer, { input, output, filter }, (_, tap, from) => {
    for (let c = 0; c < channels; c++) sums[tap * channels + c] += values[from * channels + c];
  });
  const pixels = elements(output.shape) / filter.shape[filterAxis(layer)];
  const channelOf = inputChannel(graph, layer);
  for (let k = 0; k < means.length; k++) {
    const tap = Math.floor(k / ofFilter) % taps;
    means[k] += sums[tap * channels + channelOf(k)] / pixels;
  }
}

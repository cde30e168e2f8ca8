/**
 * Cross-layer equalisation (Nagel et al. 2019, arXiv 1906.04721, section 4.1): a channel between two layers is scaled up
 * in the first and down in the second, so that channels of small values use more of the one int8 map they share.
 *
 * The first layer's weights have a scale for each output channel, so that only activations and the second layer's weights
 * count. ReLU6 lets a channel grow until its largest value on the samples is 6: the function stays the same there.
 */
import type { Graph, Tensor, WeightedOperator } from '../graph/graph.js';
import { inputChannel, isDepthwise, outputChannel } from '../graph/weighted.js';
import { isWeighted } from '../operators/index.js';
import type { Sample } from './calibrate.js';
import { runFloat } from './float-run.js';

interface Pair {
  first: WeightedOperator;
  second: WeightedOperator;
}

/** A graph of equal outputs with equalised weights. `samples` as for calibrate. */
export function equalize(graph: Graph, samples: readonly Sample[]): Graph {
  const pairs = neighbours(graph);
  const peaks = peaksOf(graph, pairs, samples);
  const tensors = [...graph.tensors];
  const scale = (index: number, factor: (position: number) => number) => {
    const data = (tensors[index].data as Float32Array).map((value, i) => value * factor(i));
    tensors[index] = { ...tensors[index], data } as Tensor;
  };
  for (const [i, { first, second }] of pairs.entries()) {
    const factors = factorsOf({ ...graph, tensors }, second, peaks[i]);
    const [from, to] = [outputChannel(graph, first), inputChannel(graph, second)];
    scale(first.inputs[1], (position) => factors[from(position)]);
    scale(first.inputs[2], (channel) => factors[channel]);
    scale(second.inputs[1], (position) => 1 / factors[to(position)]);
  }
  return { ...graph, tensors };
}

/** Layers whose output one other layer alone reads, with weights that nothing else reads. */
function neighbours(graph: Graph): Pair[] {
  const readers = graph.tensors.map(() => 0);
  for (const { inputs } of graph.operators) for (const index of inputs) if (index >= 0) readers[index]++;
  for (const index of graph.outputs) readers[index]++;
  const own = ({ inputs }: WeightedOperator) => readers[inputs[1]] === 1 && readers[inputs[2]] === 1;
  return graph.operators.filter(isWeighted).flatMap((first) => {
    const second = graph.operators.find(({ inputs }) => inputs[0] === first.outputs[0]);
    if (readers[first.outputs[0]] !== 1 || !second || !isWeighted(second)) return [];
    return first.activation !== 'relu_n1_to_1' && own(first) && own(second) ? [{ first, second }] : [];
  });
}

/** Largest magnitude of each channel between the layers of each pair. */
function peaksOf(graph: Graph, pairs: readonly Pair[], samples: readonly Sample[]): Float64Array[] {
  const peaks = pairs.map(({ first }) => new Float64Array(graph.tensors[first.inputs[2]].data!.length));
  for (const sample of samples) {
    const values = runFloat(graph, sample);
    for (const [i, { first }] of pairs.entries()) {
      const channels = peaks[i];
      values[first.outputs[0]].forEach((value, k) => {
        const c = k % channels.length;
        channels[c] = Math.max(channels[c], Math.abs(value));
      });
    }
  }
  return peaks;
}

/**
 * At least 1, and at most what brings a channel to the largest peak. A depthwise layer behind has a scale for each channel
 * and takes it all. Otherwise rounding of the second layer's small weights counts as much as rounding of activations: the
 * factor is the geometric mean of what either of them asks for.
 */
function factorsOf(graph: Graph, second: WeightedOperator, peaks: Float64Array): Float64Array {
  const top = Math.max(...peaks);
  const room = peaks.map((peak) => (peak > 0 ? Math.min(top / peak, 2 ** 10) : 1));
  if (isDepthwise(second)) return room;
  const largest = new Float64Array(peaks.length);
  const channel = inputChannel(graph, second);
  graph.tensors[second.inputs[1]].data!.forEach((weight, i) => {
    largest[channel(i)] = Math.max(largest[channel(i)], Math.abs(weight));
  });
  const overall = Math.max(...largest);
  return room.map((limit, c) => Math.max(1, Math.min(limit, Math.sqrt((limit * largest[c]) / (overall || 1)))));
}

/**
 * Which channels must stay in a graph that was never calibrated: all but those that go whatever ranges the activations
 * will get. A bias that clamps a channel for good under one set of ranges may leave it alive under another; weights
 * of zero, and what follows from them, do not depend on ranges.
 */
import type { Graph, Operator, WeightedOperator } from '../graph/graph.js';
import { channelsOf, perTensor } from '../graph/graph.js';
import { definitionOf, isWeighted } from '../operators/index.js';
import { quantizeGraph } from '../quantize/quantize.js';
import { type Kept, keptChannels } from './dead-channels-keep.js';
import { type Layer, layersOf, linksOf } from './dead-channels-layers.js';

/** Kept channels by tensor and channel, of the float graph and of every int8 graph that quantizeGraph makes of it. */
export function keptWhateverRanges(float: Graph): Kept {
  const rounded = roundedWeights(float);
  const layers = layersOf(rounded);
  const zeros = zeroChannels(rounded, layers, float);
  const constants = zeros.map((channels, index) => {
    const { zeroPoint } = perTensor(rounded.tensors[index]);
    return channels.map((zero) => (zero ? zeroPoint : undefined));
  });
  return keptChannels(rounded, layers, constants);
}

/** Biases may make the scale of a channel's weights coarser, so without them the fewest weights are rounded to zero. */
function roundedWeights(float: Graph): Graph {
  const biases = new Set(float.operators.filter(isWeighted).map(({ inputs }) => inputs[2]));
  const tensors = float.tensors.map((tensor) =>
    biases.has(tensor.index) ? { ...tensor, data: new Float32Array(tensor.data!.length) } : tensor,
  );
  const anyRange = { low: 0, high: 1 };
  const anyMap = { scale: 1, zeroPoint: 0 };
  return quantizeGraph(
    { ...float, tensors },
    tensors.map(() => anyRange),
    float.inputs.map(() => anyMap),
  );
}

/** Channels that are the real number 0 in every pixel: in int8 the zero point, which no border disturbs. */
function zeroChannels(graph: Graph, layers: ReadonlyMap<Operator, Layer>, float: Graph): (readonly boolean[])[] {
  const zeros: (readonly boolean[])[] = graph.tensors.map(() => []);
  for (const [position, operator] of graph.operators.entries()) {
    const { inputs, outputs } = operator;
    if (isWeighted(operator)) {
      const bias = float.tensors[float.operators[position].inputs[2]]?.data;
      zeros[outputs[0]] = zeroOutputs(operator, layers.get(operator)!, zeros[inputs[0]], bias);
      continue;
    }
    const links = definitionOf(operator).keepsZeros ? linksOf(graph, operator) : undefined;
    if (!links) continue;
    for (const [position, index] of outputs.entries()) {
      const into = links.filter(({ output = 0, input, from }) => output === position && !zeros[inputs[input]][from]);
      const alive = new Set(into.map(({ to }) => to));
      zeros[index] = Array.from({ length: channelsOf(graph.tensors[index]) }, (_, c) => !alive.has(c));
    }
  }
  return zeros;
}

/** No weight meets anything but zeros, and the bias is 0 or what the activation makes 0. */
function zeroOutputs(
  { activation }: WeightedOperator,
  layer: Layer,
  input: readonly boolean[],
  bias: ArrayLike<number> | undefined,
): boolean[] {
  const positive = activation === 'relu' || activation === 'relu6';
  return Array.from({ length: layer.outputs }, (_, o) => {
    const constant = bias?.[o] ?? 0;
    return (
      (constant === 0 || (positive && constant < 0)) &&
      layer.row(o).every((weight, i) => weight === 0 || input[layer.channel(o, i)])
    );
  });
}

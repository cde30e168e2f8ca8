/** Whole rows and columns of zeros in filters, for tests of dead channels. */
import { elements, type Graph, type Operator, type Tensor } from '../../src/graph/graph.js';
import { type Random, seededRandom } from '../graph/builder.js';

const WEIGHTED = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED'];

/** Sets the weights of those outputs and of those input channels to the zero point. Changes the tensor's data. */
export function zeroWeights(
  graph: Pick<Graph, 'tensors'>,
  operator: Operator,
  outputs: number[],
  inputs: number[] = [],
) {
  const [x, filter] = operator.inputs.map((index) => graph.tensors[index]);
  const { data } = filter;
  const channels = x.shape[x.shape.length - 1];
  const depthwise = operator.op === 'DEPTHWISE_CONV_2D';
  const count = depthwise ? filter.shape[3] : filter.shape[0];
  const row = elements(filter.shape) / count;
  const [out, into] = [new Set(outputs), new Set(inputs)];
  for (let i = 0; i < data!.length; i++) {
    const o = depthwise ? i % count : Math.floor(i / row);
    if (out.has(o) || into.has(depthwise ? Math.floor(o / operator.depthMultiplier) : i % channels)) {
      data![i] = filter.quantization!.zeroPoint[0];
    }
  }
}

/** A copy of a graph in which many channels are dead: constant at the zero point, constant elsewhere, read by nobody. */
export function thinned(graph: Graph, seed: number): Graph {
  const random = seededRandom(seed);
  const tensors = graph.tensors.map(
    (tensor): Tensor => (tensor.data ? { ...tensor, data: tensor.data.slice() } : tensor),
  );
  const copy = { ...graph, tensors };
  for (const operator of graph.operators) {
    if (!WEIGHTED.includes(operator.op)) continue;
    const channels = (index: number) => Array.from({ length: tensors[index].shape.at(-1)! }, (_, c) => c);
    const share = [0, 0.3, 0.6, 1][Math.floor(random() * 4)];
    const outputs = channels(operator.outputs[0]).filter(() => random() < share);
    const inputs = channels(operator.inputs[0]).filter(() => random() < 0.25);
    zeroWeights(copy, operator, outputs, operator.op === 'DEPTHWISE_CONV_2D' ? [] : inputs);
    const bias = tensors[operator.inputs[2]]?.data;
    if (bias) for (const o of outputs) bias[o] = constantBias(random, bias[o]);
  }
  return copy;
}

/** Mostly the zero point; else whatever stood there, or so far off that it saturates, or would overflow a sum. */
function constantBias(random: Random, old: number): number {
  const choice = random();
  if (choice < 0.6) return 0;
  if (choice < 0.8) return old;
  return choice < 0.9 ? 2 ** 27 : -(2 ** 31);
}

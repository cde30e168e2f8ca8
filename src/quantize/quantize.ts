/**
 * Post-training quantisation: a float32 graph and the ranges of its tensors give an int8 graph, as TFLite specifies it
 * (https://ai.google.dev/edge/litert/models/quantization_spec): int8 activations with one scale and zero point, int8
 * weights symmetric per output channel, int32 biases.
 */

import { validateGraph } from '../analysis/validate.js';
import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, Quantization, Tensor } from '../graph/graph.js';
import { where } from '../graph/graph.js';
import { type Affine, affine, type Range } from './affine.js';
import { isWeighted, outputChannel } from './layers.js';
import { quantizeWeights } from './weights.js';

/** What the kernels demand of softmax and sigmoid: probabilities 0 to 255/256. */
const PROBABILITY: Affine = { scale: 1 / 256, zeroPoint: -128 };

/** The int8 graph; same tensors and operators, same order. `inputs` fixes the map of each graph input. */
export function quantizeGraph(graph: Graph, ranges: readonly Range[], inputs: readonly Affine[]): Graph {
  const maps = activationMaps(graph, ranges, inputs);
  const tensors = [...graph.tensors];
  /** Weights and biases are quantised for their reader: a shared one gets a tensor for each. */
  const owned = new Set<number>();
  const own = (index: number, change: Pick<Tensor, 'dtype' | 'data' | 'quantization'>) => {
    const at = owned.has(index) ? tensors.length : index;
    owned.add(index);
    tensors[at] = { ...graph.tensors[index], ...change, index: at };
    return at;
  };
  const operators = graph.operators.map((operator): Operator => {
    const input = maps.get(operator.inputs[0]);
    if (!input) throw new DepthwiseError('MODEL_INVALID', `${where(operator)}: its input is no activation.`);
    if (!isWeighted(operator)) return operator;
    const [weights, bias] = [graph.tensors[operator.inputs[1]], graph.tensors[operator.inputs[2]]];
    const axis = operator.op === 'DEPTHWISE_CONV_2D' ? 3 : 0;
    const quantized = quantizeWeights(
      weights.data as Float32Array,
      bias.data as Float32Array,
      outputChannel(graph, operator),
      input.scale,
      // One scale for all: older kernels of fully connected layers know no other.
      operator.op !== 'FULLY_CONNECTED',
    );
    const biasScale = quantized.scale.map((scale) => Math.fround(scale * input.scale));
    return {
      ...operator,
      inputs: [
        operator.inputs[0],
        own(weights.index, { dtype: 'int8', data: quantized.weights, quantization: symmetric(quantized.scale, axis) }),
        own(bias.index, { dtype: 'int32', data: quantized.bias, quantization: symmetric(biasScale, 0) }),
      ],
    };
  });
  for (const [index, { scale, zeroPoint }] of maps) {
    const quantization = { scale: [scale], zeroPoint: [zeroPoint], axis: 0 };
    tensors[index] = { ...graph.tensors[index], dtype: 'int8', quantization };
  }
  return validateGraph({ ...graph, tensors, operators });
}

/** These copy, average or choose among bytes: TFLite wants one map for what goes in and what comes out. */
const COPYING = new Set<Operator['op']>([
  'AVERAGE_POOL_2D',
  'MAX_POOL_2D',
  'PAD',
  'RESHAPE',
  'SQUEEZE',
  'CONCATENATION',
]);

/** The map of every activation. Tensors that share one have that of an input or of probabilities, or hold all their values. */
function activationMaps(graph: Graph, ranges: readonly Range[], inputs: readonly Affine[]): Map<number, Affine> {
  const groups = new Map<number, number[]>();
  for (const index of graph.inputs) groups.set(index, [index]);
  for (const operator of graph.operators) {
    const [output] = operator.outputs;
    groups.set(output, [output]);
    if (!COPYING.has(operator.op)) continue;
    const sources = operator.op === 'CONCATENATION' ? operator.inputs : operator.inputs.slice(0, 1);
    const joined = [...new Set([output, ...sources].flatMap((index) => groups.get(index) ?? []))];
    for (const index of joined) groups.set(index, joined);
  }
  const fixed = new Map(graph.inputs.map((index, i) => [index, inputs[i]]));
  for (const { op, outputs } of graph.operators) {
    if (op === 'SOFTMAX' || op === 'LOGISTIC') fixed.set(outputs[0], PROBABILITY);
  }
  const maps = new Map<number, Affine>();
  for (const [index, group] of groups) {
    const given = group.find((member) => fixed.has(member));
    const low = Math.min(...group.map((member) => ranges[member].low));
    const high = Math.max(...group.map((member) => ranges[member].high));
    maps.set(index, fixed.get(index) ?? (given === undefined ? affine({ low, high }) : fixed.get(given)!));
  }
  return maps;
}

function symmetric(scale: number[], axis: number): Quantization {
  return { scale, zeroPoint: scale.map(() => 0), axis };
}

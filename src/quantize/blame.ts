/** Which layer costs accuracy: the noise at the scores when one layer alone is quantised. */
import type { Graph, Tensor } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { outputChannel } from '../graph/weighted.js';
import { definitionOf, isWeighted } from '../operators/index.js';
import type { Sample } from './calibrate.js';
import { continueFloat, runFloat } from './float-run.js';

/**
 * By operator, its part of the sum of all layers' noise power at the scores, 0..1. Scores are the first output, or what a
 * softmax or a sigmoid at the end reads. `quantized` = quantizeGraph(float, ...).
 */
export function layerShares(float: Graph, quantized: Graph, samples: readonly Sample[]): number[] {
  const real = withRoundedWeights(float, quantized);
  const writer = float.operators.find(({ outputs }) => outputs.includes(float.outputs[0]))!;
  const scores = definitionOf(writer).readsScores ? writer.inputs[0] : float.outputs[0];
  const noise = float.operators.map(() => 0);
  for (const sample of samples) {
    const exact = runFloat(float, sample);
    for (const { index, outputs } of float.operators) {
      const values = continueFloat(real, exact, index, index + 1);
      for (const output of outputs) values[output] = rounded(values[output], quantized.tensors[output]);
      const scored = continueFloat(float, values, index + 1)[scores];
      noise[index] += scored.reduce((sum, value, i) => sum + (value - exact[scores][i]) ** 2, 0);
    }
  }
  const total = noise.reduce((a, b) => a + b, 0);
  return noise.map((value) => (total === 0 ? 0 : value / total));
}

/** `float` with the weights and biases that the int8 ones of `quantized` stand for; new tensors are at the end. */
export function withRoundedWeights(float: Graph, quantized: Graph): Graph {
  const tensors = [...float.tensors];
  const operators = float.operators.map((operator) => {
    if (!isWeighted(operator)) return operator;
    const real = (position: 1 | 2, channelOf: (i: number) => number) => {
      const { data, quantization } = quantized.tensors[quantized.operators[operator.index].inputs[position]];
      const { scale } = quantization!;
      const values = Float32Array.from(data!, (value, i) => value * scale[scale.length > 1 ? channelOf(i) : 0]);
      const tensor = float.tensors[operator.inputs[position]];
      return tensors.push({ ...tensor, index: tensors.length, data: values }) - 1;
    };
    return { ...operator, inputs: [operator.inputs[0], real(1, outputChannel(float, operator)), real(2, (c) => c)] };
  });
  return { ...float, tensors, operators };
}

function rounded(values: Float32Array, tensor: Tensor): Float32Array {
  const { scale, zeroPoint } = perTensor(tensor);
  return values.map((value) => {
    const int8 = Math.max(-128, Math.min(127, Math.round(value / scale) + zeroPoint));
    return scale * (int8 - zeroPoint);
  });
}

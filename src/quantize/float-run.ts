/**
 * Runs a float32 graph, plainly: the specification that calibration, signal-to-noise figures and tests rely on. Sums
 * are double, results float32.
 */

import { DepthwiseError } from '../errors.js';
import { ACTIVATION_BOUNDS, type Activation, elements, type Graph, type Tensor, where } from '../graph/graph.js';
import { place } from '../operators/definition.js';
import { definitionOf } from '../operators/index.js';
import { ownMap } from './own-scales.js';

/**
 * One inference. `inputs` are the values of the graph's inputs, in order, NHWC; the result is every tensor's values by
 * index (constants included). Throws INPUT_SIZE, and MODEL_UNSUPPORTED for operators without a float kernel.
 */
export function runFloat(graph: Graph, inputs: readonly Float32Array[]): Float32Array[] {
  const values = graph.tensors.map(({ data }) => data as Float32Array);
  graph.inputs.forEach((index, i) => {
    const { name, shape } = graph.tensors[index];
    if (inputs[i]?.length !== elements(shape)) {
      throw new DepthwiseError(
        'INPUT_SIZE',
        `Input ${i} "${name}" has ${inputs[i]?.length ?? 0} values, expected ${elements(shape)} ([${shape}]).`,
      );
    }
    values[index] = rounded(graph.tensors[index], inputs[i]);
  });
  return continueFloat(graph, values, 0);
}

/**
 * The operators from `from` to before `to`, on the values that the others before left: a copy of `before` with their
 * outputs in place. Constants are those of `graph`.
 */
export function continueFloat(
  graph: Graph,
  before: readonly Float32Array[],
  from: number,
  to = graph.operators.length,
): Float32Array[] {
  const values = graph.tensors.map(({ data }, index) => (data as Float32Array) ?? before[index]);
  for (const operator of graph.operators.slice(from, to)) {
    const placed = place(graph, operator);
    const results = placed.outputs.map(({ shape }) => new Float32Array(elements(shape)));
    const inputs = operator.inputs.map((index) => values[index]);
    const definition = definitionOf(operator);
    if (!definition.runFloat) {
      throw new DepthwiseError(
        'MODEL_UNSUPPORTED',
        `${where(operator, placed.output)}: there is no float kernel for it. Quantise the model with the tool that made it.`,
      );
    }
    definition.runFloat({ ...placed, values: inputs, results, out: results[0] });
    for (const [i, output] of placed.outputs.entries()) {
      if ('activation' in operator) activate(operator.activation, results[i]);
      values[output.index] = rounded(output, results[i]);
    }
  }
  return values;
}

/** `values` as the int8 ones tell them that the tensor brings along, if it does: rounded, and clamped to what they can hold. */
function rounded(tensor: Tensor, values: Float32Array): Float32Array {
  const own = ownMap(tensor);
  if (!own) return values;
  const { scale, zeroPoint } = own;
  return values.map((value) => {
    const int8 = Math.max(-128, Math.min(127, Math.round(value / scale) + zeroPoint));
    return scale * (int8 - zeroPoint);
  });
}

function activate(activation: Activation, values: Float32Array): void {
  if (activation === 'none') return;
  const [low, high] = ACTIVATION_BOUNDS[activation];
  for (let i = 0; i < values.length; i++) values[i] = Math.min(high, Math.max(low, values[i]));
}

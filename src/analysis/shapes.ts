/** The output shapes of operators. */
import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, Tensor } from '../graph/graph.js';
import { elements, where } from '../graph/graph.js';
import { place } from '../operators/definition.js';
import { definitionOf } from '../operators/index.js';

/**
 * Shape of an output that TFLite would compute from the shapes of the inputs, or undefined where it is stated and not derived.
 * Inputs must have been checked (validate.ts).
 */
export function outputShape(operator: Operator, tensors: readonly Tensor[], output = 0): readonly number[] | undefined {
  const placed = place({ tensors }, operator);
  const { shape } = definitionOf(operator);
  return shape ? shape(placed, output) : placed.input.shape;
}

/** Outputs must be what outputShape says. */
export function checkOutputShapes({ tensors }: Graph, operator: Operator): void {
  const { inputs, outputs } = place({ tensors }, operator);
  for (const [position, output] of outputs.entries()) {
    const expected = outputShape(operator, tensors, position);
    const [input] = inputs;
    const fits = expected
      ? String(output.shape) === String(expected)
      : elements(output.shape) === elements(input.shape);
    if (fits) continue;
    const wanted = expected ? `[${expected}]` : `${elements(input.shape)} values as in the input [${input.shape}]`;
    throw new DepthwiseError(
      'MODEL_INVALID',
      `${where(operator, output)}: the output shape is [${output.shape}], but ${wanted} follows from the inputs. ` +
        'The file contradicts itself: export the model again.',
    );
  }
}

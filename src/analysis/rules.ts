/**
 * What operators demand of their tensors: number, type, shape and quantisation. Follows the checks that the TFLite
 * kernels make when they are prepared, and adds the limits of this compiler.
 */
import { DepthwiseError } from '../errors.js';
import type { Graph, Operator, Tensor } from '../graph/graph.js';
import { hwc, where } from '../graph/graph.js';
import { invalid, MAX_DIMENSION, unsupported } from '../graph/refusal.js';
import { checkEightBit } from '../operators/checks.js';
import { place } from '../operators/definition.js';
import { definitionOf } from '../operators/index.js';

/** Channels of a tensor in any shape: [1,H,W,C] with its channels in groups has so many. */
const MOST_DIMENSIONS = 5;

/** Number of inputs and outputs, and which inputs may be absent. Indices must be in range. */
export function checkArity(operator: Operator): void {
  const definition = definitionOf(operator);
  const [least, most] = definition.inputs;
  const { inputs, outputs } = operator;
  if (inputs.length < least || inputs.length > most) {
    const extra = inputs.length > most ? unsupported : invalid;
    throw extra(operator)(`${inputs.length} inputs`, least === most ? `${least}` : `${least} to ${most}`);
  }
  const [fewest, highest] = definition.outputs ?? [1, 1];
  if (outputs.length < fewest || outputs.length > highest) {
    throw invalid(operator)(`${outputs.length} outputs`, fewest === highest ? `${fewest}` : `${fewest} to ${highest}`);
  }
  const absent = inputs.findIndex((index, position) => index === -1 && !definition.optional?.includes(position));
  if (absent >= 0) {
    throw invalid(operator)(`input ${absent} is absent`, 'all inputs but the bias of a convolution are present');
  }
}

/** How many of the inputs, from the first, are activations; the others are constants. */
export const activationInputs = (operator: Operator): number => definitionOf(operator).activations ?? 1;

/**
 * Everything about an operator but its output shape, which shapes.ts derives once this has passed. `read` holds the
 * tensors that any operator reads.
 */
export function checkOperator(graph: Graph, operator: Operator, read: ReadonlySet<number>): void {
  const { tensors } = graph;
  const definition = definitionOf(operator);
  const placed = place(graph, operator);
  const count = activationInputs(operator);
  const activations = placed.inputs.slice(0, count);
  for (const tensor of activations) {
    if (tensor.data && !definition.constantActivations) {
      throw unsupported(operator)('a constant as input', 'activations', 'Fold the constant before exporting', tensor);
    }
  }
  for (const tensor of [...activations, ...placed.outputs]) checkActivation(graph, operator, tensor);
  for (const index of operator.inputs.slice(count)) {
    const tensor = tensors[index];
    if (tensor && !tensor.data) {
      const advice =
        'Weights, axes, paddings and shapes must be stored in the model: export it again with fixed shapes';
      throw unsupported(operator)('it is computed while the model runs', 'constants', advice, tensor);
    }
  }
  if (definition.checkTypes) definition.checkTypes(placed, graph, read);
  else checkTypes(operator, [...activations, ...placed.outputs]);
  definition.check?.(placed);
}

function checkActivation(graph: Graph, operator: Operator, tensor: Tensor): void {
  const { shape } = tensor;
  const fail = unsupported(operator);
  const { anyShape = false } = definitionOf(operator);
  const most = anyShape ? MOST_DIMENSIONS : 4;
  // A constant may be a single value.
  if (shape.length === 0 && tensor.data) return;
  if (shape.length < 1 || shape.length > most) {
    throw fail(`shape [${shape}]`, `1 to ${most} dimensions`, undefined, tensor);
  }
  // Inside the model, [N, C] is the N pixels of a map: a batch would have come in with the input.
  const isPart = (anyShape || shape.length === 2) && !graph.inputs.includes(tensor.index);
  if (shape[0] !== 1 && ![1, 3].includes(shape.length) && !isPart) {
    throw fail(`batch ${shape[0]} in shape [${shape}]`, 'batch 1', 'Export the model with batch size 1', tensor);
  }
  if (hwc(shape).some((dim) => dim > MAX_DIMENSION)) {
    throw new DepthwiseError(
      'MODEL_TOO_LARGE',
      `${where(operator, tensor)}: shape [${shape}]; height, width and channels may be ${MAX_DIMENSION} at most. ` +
        'Make the input or the layer smaller.',
    );
  }
}

/** All of one type, of 8 bits. */
function checkTypes(operator: Operator, tensors: readonly Tensor[]): void {
  for (const tensor of tensors) checkEightBit(operator, tensor);
  const [first] = tensors;
  const other = tensors.find((tensor) => tensor.dtype !== first.dtype);
  if (!other) return;
  const found = `${other.dtype} beside ${first.dtype}`;
  throw unsupported(operator)(found, 'one type in all inputs and outputs', undefined, other);
}

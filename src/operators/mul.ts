/** MUL: the product of two operands. */
import type { OperatorOf, Tensor } from '../graph/graph.js';
import { productOf } from '../kernels/reference/binary.js';
import { isPerChannel, withConstant } from '../onnx/affine.js';
import { writeOperands } from '../onnx/operands.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { BINARY_MULTIPLY } from '../program/layout.js';
import { elementwise } from '../tflite/lists.js';
import { activationField } from '../tflite/options.js';
import { arithmeticOf } from './arithmetic.js';
import type { OperatorDefinition } from './definition.js';

type Mul = OperatorOf<'MUL'>;

const OPTIONS = { activation: 0 } as const;

export const mul: OperatorDefinition<Mul> = {
  ...arithmeticOf<Mul>({
    operation: BINARY_MULTIPLY,
    exchanged: BINARY_MULTIPLY,
    multipliers: ([a, b, output]) => ({ output: (a * b) / output }),
    combine: productOf,
    real: (a, b) => a * b,
  }),
  tflite: {
    options: 21,
    read: (options) => ({ activation: options.activation(OPTIONS.activation) }),
    write: ({ operator }) => ({ [OPTIONS.activation]: activationField(operator.activation) }),
    fold: elementwise((a, b) => a * b, OPTIONS.activation),
  },
  onnx: { Mul: { translate: translateMul } },
  hasActivation: true,
  nonNegative: 'from inputs',
};

/** Mul of two activations, or of an activation and a constant. */
function translateMul(node: NodeTranslation): void {
  if (isPerChannel(node)) withConstant(node, (constant) => ({ factor: constant, shift: 0 }));
  else writeOperands(node, { op: 'MUL', activation: 'none' });
}

/** The product of a tensor and constants whose axes are as long as its own, or 1. */
export function writeProduct(
  node: NodeTranslation,
  input: Tensor,
  shape: readonly number[],
  factors: Float32Array,
): Tensor {
  const constant = node.weights('factors', shape, factors);
  return node.write({ op: 'MUL', activation: 'none' }, [input.index, constant], input.shape);
}

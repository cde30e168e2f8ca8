/** SUB: the difference of two operands, computed as a sum. */
import type { OperatorOf } from '../graph/graph.js';
import { sumOf } from '../kernels/reference/binary.js';
import { isPerChannel, withConstant } from '../onnx/affine.js';
import { writeOperands } from '../onnx/operands.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { BINARY_SUBTRACT, BINARY_SUBTRACT_FROM } from '../program/layout.js';
import { elementwise } from '../tflite/lists.js';
import { activationField } from '../tflite/options.js';
import { arithmeticOf, checkSum, sumMultipliers } from './arithmetic.js';
import type { OperatorDefinition } from './definition.js';

type Sub = OperatorOf<'SUB'>;

const OPTIONS = { activation: 0 } as const;

const difference = arithmeticOf<Sub>({
  operation: BINARY_SUBTRACT,
  exchanged: BINARY_SUBTRACT_FROM,
  multipliers: sumMultipliers,
  combine: (p, rounding) => sumOf(p, 1, -1, rounding),
  real: (a, b) => a - b,
});

export const sub: OperatorDefinition<Sub> = {
  ...difference,
  check(placed) {
    checkSum(placed);
    difference.check(placed);
  },
  tflite: {
    options: 28,
    read: (options) => ({ activation: options.activation(OPTIONS.activation) }),
    write: ({ operator }) => ({ [OPTIONS.activation]: activationField(operator.activation) }),
    fold: elementwise((a, b) => a - b, OPTIONS.activation),
  },
  onnx: { Sub: { translate: translateSub } },
  hasActivation: true,
};

/** Sub of two activations, or of an activation and a constant on either side. */
function translateSub(node: NodeTranslation): void {
  if (!isPerChannel(node)) {
    writeOperands(node, { op: 'SUB', activation: 'none' });
    return;
  }
  withConstant(node, (constant, isFirst) =>
    isFirst ? { factor: -1, shift: constant } : { factor: 1, shift: -constant },
  );
}

/** ADD, value by value: of two activations of one shape by a kernel of its own, else as other arithmetic. */
import type { OperatorOf } from '../graph/graph.js';
import { add as sum } from '../kernels/reference/add.js';
import { sumOf } from '../kernels/reference/binary.js';
import { addParameters } from '../kernels/reference/prepare.js';
import { offsetOf, words } from '../lower/tables.js';
import { isPerChannel, withConstant } from '../onnx/affine.js';
import { writeOperands } from '../onnx/operands.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { BINARY_ADD, KIND_ADD } from '../program/layout.js';
import { elementwise } from '../tflite/lists.js';
import { activationField } from '../tflite/options.js';
import { arithmeticOf, checkSum, sumMultipliers } from './arithmetic.js';
import { sameChannels } from './channels.js';
import { type OperatorDefinition, type Placed, place } from './definition.js';

const OPTIONS = { activation: 0 } as const;

/** Two activations of equal shape. */
const isAlike = ({ inputs: [a, b] }: Placed): boolean => !a.data && !b.data && String(a.shape) === String(b.shape);

const spread = arithmeticOf<OperatorOf<'ADD'>>({
  operation: BINARY_ADD,
  exchanged: BINARY_ADD,
  multipliers: sumMultipliers,
  combine: (p, rounding) => sumOf(p, 1, 1, rounding),
  real: (a, b) => a + b,
});

export const add: OperatorDefinition<OperatorOf<'ADD'>> = {
  tflite: {
    options: 11,
    read: (options) => ({ activation: options.activation(OPTIONS.activation) }),
    write: ({ operator }) => ({ [OPTIONS.activation]: activationField(operator.activation) }),
    fold: elementwise((a, b) => a + b, OPTIONS.activation),
  },
  onnx: { Add: { translate: translateAdd } },
  inputs: [2, 2],
  anyShape: true,
  activations: 2,
  constantActivations: true,
  check(placed) {
    checkSum(placed);
    spread.check(placed);
  },
  shape: spread.shape,
  run(run) {
    if (!isAlike(run)) spread.run(run);
    else sum(run.bytes(0), run.bytes(1), run.out, addParameters(run.graph, run.operator), run.rounding);
  },
  runFloat: spread.runFloat,
  lower(lowering, operator) {
    if (!isAlike(place(lowering.graph, operator))) {
      spread.lower(lowering, operator);
      return;
    }
    const p = addParameters(lowering.graph, operator);
    const offset = offsetOf(lowering.graph.tensors[operator.outputs[0]]);
    lowering.push({
      ...lowering.base(operator),
      kind: KIND_ADD,
      input2: lowering.view(operator.inputs[1]),
      clampLow: p.clampLow - offset,
      clampHigh: p.clampHigh - offset,
      table: words(...[p.input1, p.input2, p.output].flatMap((m) => [m.multiplier, m.shift])),
    });
  },
  hasActivation: true,
  nonNegative: 'from inputs',
  links: (placed) => (isAlike(placed) ? [...sameChannels(placed, 0), ...sameChannels(placed, 1)] : undefined),
  constants(placed, rounding) {
    if (!isAlike(placed)) return () => undefined;
    const p = addParameters(placed.graph, placed.operator);
    const bytes = placed.output.dtype === 'int8' ? Int8Array : Uint8Array;
    return ([a, b]) => {
      const result = new bytes(1);
      sum(bytes.of(a.value), bytes.of(b.value), result, p, rounding);
      return result[0];
    };
  },
  keepsZeros: true,
};

/** Add of two activations, or of an activation and a constant. */
function translateAdd(node: NodeTranslation): void {
  if (isPerChannel(node)) withConstant(node, (constant) => ({ factor: 1, shift: constant }));
  else writeOperands(node, { op: 'ADD', activation: 'none' });
}

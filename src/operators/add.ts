/** ADD of two activations of one shape, value by value. */
import type { OperatorOf } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { invalid, unsupported } from '../graph/refusal.js';
import { add as sum } from '../kernels/reference/add.js';
import { addParameters } from '../kernels/reference/prepare.js';
import { offsetOf, words } from '../lower/tables.js';
import { withConstant } from '../onnx/affine.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { KIND_ADD } from '../program/layout.js';
import { elementwise } from '../tflite/lists.js';
import { activationField } from '../tflite/options.js';
import { sameChannels } from './channels.js';
import type { OperatorDefinition } from './definition.js';

const OPTIONS = { activation: 0 } as const;

export const add: OperatorDefinition<OperatorOf<'ADD'>> = {
  tflite: {
    options: 11,
    read: (options) => ({ activation: options.activation(OPTIONS.activation) }),
    write: ({ operator }) => ({ [OPTIONS.activation]: activationField(operator.activation) }),
    fold: elementwise((a, b) => a + b, OPTIONS.activation),
  },
  onnx: { Add: { translate: translateAdd } },
  inputs: [2, 2],
  activations: 2,
  check({ operator, inputs: [a, b], output }) {
    if (String(a.shape) !== String(b.shape)) {
      throw unsupported(operator)(`shapes [${a.shape}] and [${b.shape}]`, 'two inputs of one shape', undefined, b);
    }
    // Both inputs are brought to twice the greater scale with 20 bits to spare, then to the output's scale.
    const largest = Math.max(perTensor(a).scale, perTensor(b).scale);
    const factor = (2 * largest) / (2 ** 20 * perTensor(output).scale);
    if (factor > 0 && factor < 1) return;
    throw invalid(operator)('an output scale far below the input scales', 'within a factor of 2^19', undefined, output);
  },
  run: (run) => sum(run.bytes(0), run.bytes(1), run.out, addParameters(run.graph, run.operator), run.rounding),
  runFloat({ values: [a, b], out }) {
    for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
  },
  lower(lowering, operator) {
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
  links: (placed) => [...sameChannels(placed, 0), ...sameChannels(placed, 1)],
  constants(placed, rounding) {
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

/** Of two activations of one shape, or of an activation and a constant. */
function translateAdd(node: NodeTranslation): void {
  if (!node.isActivation(0) || !node.isActivation(1)) {
    withConstant(node, (constant) => ({ factor: 1, shift: constant }));
    return;
  }
  const [input, other] = [node.anyActivation(0), node.anyActivation(1)];
  const last = node.isChannelsLast(0);
  if (String(other.shape) !== String(input.shape) || node.isChannelsLast(1) !== last) {
    throw node.unsupported(`shapes [${input.shape}] and [${other.shape}]`, 'two of one shape and order');
  }
  node.finish(node.write({ op: 'ADD', activation: 'none' }, [input.index, other.index], input.shape), last);
}

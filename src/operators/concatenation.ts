/** CONCATENATION along one axis. Each input is copied into its slice of the output, through a table where scales differ. */
import type { OperatorOf } from '../graph/graph.js';
import { channelsOf, fromFront } from '../graph/graph.js';
import { invalid, unsupported } from '../graph/refusal.js';
import { concatenationTable } from '../kernels/reference/tables.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { isAlongLists, joined, MOST_VALUES } from '../tflite/lists.js';
import { activationField } from '../tflite/options.js';
import { besideOf } from './beside.js';
import { asByte, common, sameChannels } from './channels.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition, Placed } from './definition.js';

type Concatenation = OperatorOf<'CONCATENATION'>;

const OPTIONS = { axis: 0, activation: 1 } as const;

/** Counted from the front. */
const axisOf = ({ operator, output }: Placed<Concatenation>) => fromFront(operator.axis, output.shape.length);

export const concatenation: OperatorDefinition<Concatenation> = {
  ...besideOf(axisOf),
  tflite: {
    options: 10,
    read: (options) => ({
      axis: options.int32(OPTIONS.axis),
      activation: options.activation(OPTIONS.activation),
    }),
    write: ({ operator }) => ({
      [OPTIONS.axis]: { int32: operator.axis },
      [OPTIONS.activation]: activationField(operator.activation),
    }),
    fold: {
      inputs: [1, MOST_VALUES],
      evaluate: (inputs, options) =>
        isAlongLists(options, OPTIONS.axis) && !options?.int8(OPTIONS.activation) ? joined(inputs) : undefined,
    },
  },
  onnx: { Concat: { translate: translateConcat } },
  check({ operator, inputs, output }) {
    const [first] = inputs;
    const axis = fromFront(operator.axis, first.shape.length);
    if (!Number.isInteger(axis) || axis < 0 || axis >= first.shape.length) {
      throw invalid(operator)(`axis ${operator.axis}`, `an axis of [${first.shape}]`);
    }
    if (operator.activation !== 'none') {
      throw unsupported(operator)(`activation ${operator.activation}`, 'no activation');
    }
    for (const tensor of inputs) {
      const same = tensor.shape.length === first.shape.length;
      if (!same || tensor.shape.some((dim, i) => i !== axis && dim !== first.shape[i])) {
        const expected = `[${first.shape}] but for axis ${axis}`;
        throw invalid(operator)(`an input of shape [${tensor.shape}]`, expected, undefined, tensor);
      }
      // TFLite rescales uint8 inputs only.
      if (tensor.dtype === 'int8') checkSameQuantization(operator, tensor, output);
    }
  },
  shape({ operator, inputs: [first, ...others] }) {
    const axis = fromFront(operator.axis, first.shape.length);
    const length = others.reduce((sum, { shape }) => sum + shape[axis], first.shape[axis]);
    return first.shape.map((dim, i) => (i === axis ? length : dim));
  },
  sameMap: true,
  nonNegative: 'from inputs',
  links(placed) {
    const { inputs, output } = placed;
    if (axisOf(placed) !== output.shape.length - 1) return inputs.flatMap((_, i) => sameChannels(placed, i));
    let start = 0;
    return inputs.flatMap((tensor, input) => {
      const at = start;
      start += channelsOf(tensor);
      return Array.from({ length: start - at }, (_, c) => ({ input, from: c, to: at + c }));
    });
  },
  constants(placed, rounding) {
    const tables = placed.inputs.map((tensor) => concatenationTable(tensor, placed.output, rounding));
    return (all) => common(all.map(({ input, value }) => asByte(placed, tables[input][value & 255])));
  },
  keepsZeros: true,
};

function translateConcat(node: NodeTranslation): void {
  const inputs = node.node.inputs.map((_, position) => node.anyActivation(position));
  const last = node.isChannelsLast();
  const rank = inputs[0].shape.length;
  const stated = node.int('axis', 0);
  const axis = fromFront(stated, rank);
  // An axis of NCHW becomes that of NHWC.
  const own = rank === 4 && !last ? [0, 3, 1, 2][axis] : axis;
  const alike = inputs.every(({ shape }, position) => {
    const same = shape.length === rank && shape.every((dim, i) => i === own || dim === inputs[0].shape[i]);
    return same && node.isChannelsLast(position) === last;
  });
  if (!(own > 0) || !alike) {
    throw node.unsupported(
      `axis ${stated} of ${inputs.map(({ shape }) => `[${shape}]`).join(', ')}`,
      'tensors that fit',
    );
  }
  const shape = inputs[0].shape.map((dim, i) => (i === own ? inputs.reduce((sum, t) => sum + t.shape[own], 0) : dim));
  const indices = inputs.map(({ index }) => index);
  node.finish(node.write({ op: 'CONCATENATION', axis: own, activation: 'none' }, indices, shape), last);
}

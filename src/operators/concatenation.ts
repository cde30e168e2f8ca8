/** CONCATENATION along one axis. Each input is copied into its slice of the output, through a table where scales differ. */
import { DepthwiseError } from '../errors.js';
import type { Operator, OperatorOf } from '../graph/graph.js';
import { channelsOf, elements, fromFront, where } from '../graph/graph.js';
import { invalid, unsupported } from '../graph/refusal.js';
import { concatenation as concatenated } from '../kernels/reference/concatenation.js';
import { concatenationTable } from '../kernels/reference/tables.js';
import type { Lowering } from '../lower/lowering.js';
import { int8Table } from '../lower/tables.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { KIND_LUT } from '../program/layout.js';
import { isAlongLists, joined, MOST_VALUES } from '../tflite/lists.js';
import { activationField } from '../tflite/options.js';
import { asByte, common, sameChannels } from './channels.js';
import { checkSameQuantization } from './checks.js';
import { type OperatorDefinition, type Placed, place } from './definition.js';

type Concatenation = OperatorOf<'CONCATENATION'>;

const OPTIONS = { axis: 0, activation: 1 } as const;

/** Counted from the front. */
const axisOf = ({ operator, output }: Placed<Concatenation>) => fromFront(operator.axis, output.shape.length);

/** For each input, how many of its values stand together: its extent along the axis times the axes behind. */
const runsOf = (placed: Placed<Concatenation>) =>
  placed.inputs.map(({ shape }) => elements(shape.slice(axisOf(placed))));

export const concatenation: OperatorDefinition<Concatenation> = {
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
  inputs: [1, 1024],
  activations: Infinity,
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
  run(run) {
    const tables = run.inputs.map((tensor) => concatenationTable(tensor, run.output, run.rounding));
    concatenated(
      run.inputs.map((_, i) => run.bytes(i)),
      tables,
      runsOf(run),
      run.out,
    );
  },
  runFloat(run) {
    const runs = runsOf(run);
    for (let at = 0, i = 0; at < run.out.length; i++) {
      for (const [k, values] of run.values.entries()) {
        run.out.set(values.subarray(i * runs[k], (i + 1) * runs[k]), at);
        at += runs[k];
      }
    }
  },
  lower,
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

function lower(lowering: Lowering, operator: Operator & Concatenation): void {
  const { inputs, output } = place(lowering.graph, operator);
  const axis = fromFront(operator.axis, output.shape.length);
  const depth = output.shape.length - axis;
  if (depth > 3) {
    const found = `axis ${operator.axis} of a shape [${output.shape}]`;
    throw new DepthwiseError('MODEL_UNSUPPORTED', `${where(operator, output)}: found ${found}, expected [1,H,W,C].`);
  }
  const whole = lowering.view(output.index);
  const step = [0, whole.pixelStride / whole.channels, whole.pixelStride, whole.rowStride][depth];
  let position = 0;
  for (const [i, tensor] of inputs.entries()) {
    const input = lowering.view(tensor.index);
    const slice = {
      ...whole,
      height: input.height,
      width: input.width,
      channels: input.channels,
      offset: whole.offset + position * step,
    };
    const table = concatenationTable(tensor, output, lowering.options.rounding);
    lowering.push({
      kind: KIND_LUT,
      name: output.name,
      operators: i === inputs.length - 1 ? [operator.index] : [],
      input,
      output: slice,
      table: int8Table(table, tensor, output),
    });
    position += tensor.shape[axis];
  }
}

function translateConcat(node: NodeTranslation): void {
  const inputs = node.node.inputs.map((_, position) => node.anyActivation(position));
  const last = node.isChannelsLast();
  const rank = inputs[0].shape.length;
  const stated = node.int('axis', 0);
  const axis = fromFront(stated, rank);
  // Of NCHW as of NHWC.
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

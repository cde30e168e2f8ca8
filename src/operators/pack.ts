/**
 * PACK: inputs of one shape beside one another along an axis that only the output has:
 *
 *   out[..., n, ...] = in n[..., ...], n at the axis
 *
 * Source: tflite-micro, micro/kernels/pack.cc.
 *
 * Bytes only move: MODEL_UNSUPPORTED where an input's scale or zero point is not the output's, as in TFLite.
 */
import type { OperatorOf } from '../graph/graph.js';
import { fromFront } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import { joined, MOST_VALUES } from '../tflite/lists.js';
import { besideOf } from './beside.js';
import { common, sameChannels } from './channels.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition, Placed } from './definition.js';

type Pack = OperatorOf<'PACK'>;

const OPTIONS = { count: 0, axis: 1 } as const;

/** Counted from the front, of the output. */
const axisOf = ({ operator, input }: Placed<Pack>) => fromFront(operator.axis, input.shape.length + 1);

export const pack: OperatorDefinition<Pack> = {
  ...besideOf(axisOf),
  tflite: {
    options: 59,
    read(options) {
      const count = options.int32(OPTIONS.count);
      if (count === options.inputs.length) return { axis: options.int32(OPTIONS.axis) };
      throw options.contradiction(`${count} values`, `as many as inputs, ${options.inputs.length}`);
    },
    write: ({ operator, inputs }) => ({
      [OPTIONS.count]: { int32: inputs.length },
      [OPTIONS.axis]: { int32: operator.axis },
    }),
    fold: {
      inputs: [1, MOST_VALUES],
      evaluate: (inputs) => (inputs.every(({ rank }) => rank === 0) ? joined(inputs) : undefined),
    },
  },
  check(placed) {
    const { operator, input, inputs, output } = placed;
    const axis = axisOf(placed);
    if (!(axis >= 0 && axis <= input.shape.length)) {
      throw invalid(operator)(`axis ${operator.axis}`, `one of ${input.shape.length + 1} dimensions`);
    }
    for (const tensor of inputs) {
      if (String(tensor.shape) !== String(input.shape)) {
        throw invalid(operator)(`an input of shape [${tensor.shape}]`, `[${input.shape}]`, undefined, tensor);
      }
      checkSameQuantization(operator, tensor, output);
    }
  },
  shape: (placed) => placed.input.shape.toSpliced(axisOf(placed), 0, placed.inputs.length),
  sameMap: true,
  nonNegative: 'from inputs',
  links(placed) {
    const isAlongChannels = axisOf(placed) === placed.input.shape.length;
    return isAlongChannels ? undefined : placed.inputs.flatMap((_, input) => sameChannels(placed, input));
  },
  constants: () => (all) => common(all.map(({ value }) => value)),
  keepsZeros: true,
};

/**
 * UNPACK: an axis falls apart, each of its places is an output without it:
 *
 *   out n[..., ...] = in[..., n, ...], n at the axis
 *
 * A step for each output copies its values (src/operators/gathered.ts).
 *
 * Source: tflite-micro, micro/kernels/unpack.cc.
 *
 * Bytes only move: MODEL_UNSUPPORTED where an output's scale or zero point is not the input's, as in TFLite.
 */
import type { OperatorOf } from '../graph/graph.js';
import { fromFront } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition, Placed } from './definition.js';
import { splitter } from './pieces.js';

type Unpack = OperatorOf<'UNPACK'>;

const OPTIONS = { count: 0, axis: 1 } as const;

const axisOf = ({ operator, input }: Placed<Unpack>) => fromFront(operator.axis, input.shape.length);

export const unpack: OperatorDefinition<Unpack> = {
  ...splitter<Unpack>((placed) => ({ axis: axisOf(placed), lengths: placed.outputs.map(() => 1) })),
  tflite: {
    options: 64,
    read(options) {
      const count = options.int32(OPTIONS.count);
      if (count === options.outputs.length) return { axis: options.int32(OPTIONS.axis) };
      throw options.contradiction(`${count} places`, `as many as outputs, ${options.outputs.length}`);
    },
    write: ({ operator, outputs }) => ({
      [OPTIONS.count]: { int32: outputs.length },
      [OPTIONS.axis]: { int32: operator.axis },
    }),
    version: () => 2,
  },
  inputs: [1, 1],
  check(placed) {
    const { operator, input, outputs } = placed;
    const axis = axisOf(placed);
    if (!(axis >= 0 && axis < input.shape.length)) {
      throw invalid(operator)(`axis ${operator.axis} of [${input.shape}]`, 'one of its axes');
    }
    if (input.shape[axis] !== outputs.length) {
      throw invalid(operator)(`${input.shape[axis]} places of axis ${axis}`, `${outputs.length}, one for each output`);
    }
    for (const output of outputs) checkSameQuantization(operator, input, output);
  },
  shape: (placed) => placed.input.shape.toSpliced(axisOf(placed), 1),
};

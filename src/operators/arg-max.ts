/**
 * ARG_MAX and ARG_MIN: where along an axis the greatest value stands, or the least; of equal ones the first place counts.
 *
 *   out[y, x] = the c for which in[y, x, c] is the greatest; along any other axis in the same way
 *
 * input: int8 or uint8; axis: a constant, counted from the last one if negative. The output has no such axis; its values are int32
 * or int64 and have no scale, so nothing else of a model computes with them: they are an output.
 *
 * Source: tflite-micro, kernels/internal/reference/arg_min_max.h.
 */
import type { DType, Operator, OperatorOf } from '../graph/graph.js';
import { fromFront } from '../graph/graph.js';
import { invalid, unsupported } from '../graph/refusal.js';
import { reduceIndex } from '../kernels/reference/reduce.js';
import type { Lowering } from '../lower/lowering.js';
import { KIND_REDUCE, STEP_GREATEST, STEP_LEAST } from '../program/layout.js';
import { PORT_TYPES, type PortType } from '../program/program.js';
import type { OptionsReader } from '../tflite/options.js';
import { DTYPES } from '../tflite/schema.js';
import { checkEightBit, int32Values } from './checks.js';
import { type ExactRun, type OperatorDefinition, type Placed, place } from './definition.js';
import { reducedShape, reduceShape, reduceViews } from './reduce.js';

const OPTIONS = { outputType: 0 } as const;
/** Types of places. */
const TYPES: readonly DType[] = ['int32', 'int64'];

const axisOf = ({ input, inputs: [, axis] }: Placed): number => fromFront(axis.data![0], input.shape.length);

/** All of a definition but the number of its options table. */
const argMost = <O extends Operator>(options: number, which: 'greatest' | 'least') => ({
  tflite: {
    options,
    read(reader: OptionsReader): object {
      const type = reader.int8(OPTIONS.outputType);
      const [output] = reader.outputs;
      if (!output || DTYPES[output.dtype] === type) return {};
      throw reader.contradiction(`output type ${type}`, `${DTYPES[output.dtype]} (${output.dtype}), as of the output`);
    },
    write: ({ output }: Placed<O>) => ({ [OPTIONS.outputType]: { int8: DTYPES[output.dtype] } }),
  },
  inputs: [2, 2] as const,
  checkTypes({ operator, input, output }: Placed<O>) {
    checkEightBit(operator, input);
    if (TYPES.includes(output.dtype)) return;
    throw unsupported(operator)(`a ${output.dtype} output`, TYPES.join(' or '), undefined, output);
  },
  check(placed: Placed<O>) {
    const { operator, input, inputs } = placed;
    const values = int32Values(operator, inputs[1]);
    const axis = axisOf(placed);
    if (values.length === 1 && axis >= 0 && axis < input.shape.length) return;
    const found = `axis ${values.subarray(0, 8).join(', ')} of [${input.shape}]`;
    throw invalid(operator)(found, 'one of its axes', undefined, inputs[1]);
  },
  shape: (placed: Placed<O>) => reducedShape(placed.input.shape, new Set([axisOf(placed)]), false),
  run: (run: ExactRun<O>) => reduceIndex(run.bytes(0), run.results[0] as Int32Array, reduceShape(run), which),
  lower(lowering: Lowering, operator: O) {
    const placed = place(lowering.graph, operator);
    const bytes = PORT_TYPES[placed.output.dtype as PortType];
    const views = reduceViews(lowering, operator, reduceShape(placed), bytes);
    // The output is a map of one place for each pixel, whatever rank the file gives it.
    lowering.views.set(placed.output.index, views.output);
    lowering.push({
      ...lowering.base(operator),
      ...views,
      kind: KIND_REDUCE,
      flags: which === 'greatest' ? STEP_GREATEST : STEP_LEAST,
      depthMultiplier: bytes,
    });
  },
});

type ArgMax = OperatorOf<'ARG_MAX'>;
type ArgMin = OperatorOf<'ARG_MIN'>;

export const argMax: OperatorDefinition<ArgMax> = argMost<ArgMax>(40, 'greatest');
export const argMin: OperatorDefinition<ArgMin> = argMost<ArgMin>(57, 'least');

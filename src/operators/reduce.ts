/** Shared by operators that reduce axes of a map to one value: which axes, shape, channels, lowering. */
import type { Operator, Tensor } from '../graph/graph.js';
import { elements, fromFront } from '../graph/graph.js';
import { invalid, unsupported } from '../graph/refusal.js';
import { type ReduceShape, reduceEach, reduceMost, type SumParameters } from '../kernels/reference/reduce.js';
import type { Lowering } from '../lower/lowering.js';
import { offsetOf, words } from '../lower/tables.js';
import { KIND_MAX_POOL, KIND_MEAN, KIND_REDUCE, STEP_GREATEST, STEP_LEAST } from '../program/layout.js';
import { asMap, POINT, type View } from '../program/program.js';
import type { OptionsReader } from '../tflite/options.js';
import { sameChannels } from './channels.js';
import { checkSameQuantization, int32Values } from './checks.js';
import { type ConstantOf, type ExactRun, type FloatRun, type Link, type Placed, place } from './definition.js';

/** Those that keep a value of every output. */
export type ReduceOperator = Extract<Operator, { keepDims: boolean }>;

export const REDUCER_OPTIONS = { keepDims: 0 } as const;

/** All of a definition that follows from the axes. */
export const reducer = {
  tflite: {
    options: 27,
    read: (options: OptionsReader) => ({ keepDims: options.bool(REDUCER_OPTIONS.keepDims) }),
    write: ({ operator }: Placed<ReduceOperator>) => ({
      [REDUCER_OPTIONS.keepDims]: { int8: operator.keepDims ? 1 : 0 },
    }),
  },
  inputs: [2, 2] as const,
  shape: ({ operator, input, inputs: [, axes] }: Placed<ReduceOperator>) =>
    reducedShape(input.shape, axesOf(input, axes), operator.keepDims),
  nonNegative: 'from inputs' as const,
  /** Channels stay apart where they are not reduced and are the last axis of the output too. */
  links({ operator, input, inputs: [, axes], output }: Placed<ReduceOperator>): Link[] | undefined {
    const last = input.shape.length - 1;
    const reduced = axesOf(input, axes);
    return reduced.has(last) ? undefined : sameChannels({ operator, output } as unknown as Placed);
  },
};

/** All of the definition of an operator that keeps the greatest or the least byte, but the names in ONNX. */
export const mostOf = <O extends ReduceOperator>(which: 'greatest' | 'least') => ({
  ...reducer,
  check(placed: Placed<O>) {
    checkAxes(placed);
    checkSameQuantization(placed.operator, placed.input, placed.output);
  },
  run: (run: ExactRun<O>) => reduceMost(run.bytes(0), run.out, reduceShape(run), which),
  runFloat: (run: FloatRun<O>) =>
    which === 'greatest' ? reduceFloat(run, -Infinity, Math.max) : reduceFloat(run, Infinity, Math.min),
  lower: (lowering: Lowering, operator: O) => lowerMost(lowering, operator, which),
  sameMap: true as const,
  constants: (): ConstantOf => (arrivals) => arrivals[0].value,
  keepsZeros: true as const,
});

/** Axes from the front, each once. */
export const axesOf = ({ shape }: Tensor, axes: Tensor): Set<number> =>
  new Set([...(axes.data as Int32Array)].map((axis) => fromFront(axis, shape.length)));

/** Axes exist, and the batch, which is 1, is none that matters. @throws DepthwiseError. */
export function checkAxes({ operator, input, inputs: [, axes] }: Placed): void {
  const rank = input.shape.length;
  const listed = [...int32Values(operator, axes).subarray(0, 16)];
  if (listed.length > 0 && axes.data!.length <= 8 && listed.every((axis) => axis >= -rank && axis < rank)) return;
  throw invalid(operator)(`axes [${listed}] of [${input.shape}]`, `axes of ${rank} dimensions`, undefined, axes);
}

export function reducedShape(shape: readonly number[], axes: ReadonlySet<number>, keepDims: boolean): number[] {
  const kept = shape.flatMap((dim, axis) => (!axes.has(axis) ? [dim] : keepDims ? [1] : []));
  // A scalar is a value of one dimension here.
  return kept.length > 0 ? kept : [1];
}

/** Height, width and channels of the input, as kernels see it, and which are reduced. */
export function reduceShape({ operator, input, inputs: [, axes] }: Placed): ReduceShape {
  const reduced = axesOf(input, axes);
  const { shape } = input;
  // Rows [N, C] are N pixels; what stands before height has length 1.
  const [height, width, channels] = [3, 2, 1].map((back) => shape.length - back);
  const length = (axis: number) => (axis >= 0 ? shape[axis] : 1);
  const before = elements(shape.slice(0, Math.max(0, height)));
  if (before !== 1) throw unsupported(operator)(`shape [${shape}]`, 'batch 1', undefined, input);
  return {
    height: length(height),
    width: length(width),
    channels: length(channels),
    overHeight: reduced.has(height),
    overWidth: reduced.has(width),
    overChannels: reduced.has(channels),
  };
}

/** A sum or mean, by the kernel for all of height and width where it is one of those. */
export function lowerSum(lowering: Lowering, operator: ReduceOperator, p: SumParameters): void {
  const { graph } = lowering;
  const shape = reduceShape(place(graph, operator));
  const offset = offsetOf(graph.tensors[operator.outputs[0]]);
  lowering.push({
    ...lowering.base(operator),
    ...reduceViews(lowering, operator, shape),
    kind: onePixel(shape) ? KIND_MEAN : KIND_REDUCE,
    table: words(p.multiplier, p.shift),
    clampLow: p.clampLow - offset,
    clampHigh: p.clampHigh - offset,
  });
}

/** A greatest or least value; the greatest of all pixels is a pool's. */
function lowerMost(lowering: Lowering, operator: ReduceOperator, which: 'greatest' | 'least'): void {
  const shape = reduceShape(place(lowering.graph, operator));
  const step = { ...lowering.base(operator), ...reduceViews(lowering, operator, shape) };
  if (which === 'greatest' && onePixel(shape)) {
    const window = { ...POINT, kernelH: shape.height, kernelW: shape.width };
    lowering.push({ ...step, kind: KIND_MAX_POOL, window });
    return;
  }
  lowering.push({ ...step, kind: KIND_REDUCE, flags: which === 'greatest' ? STEP_GREATEST : STEP_LEAST });
}

/** All pixels become one, and channels stay. */
export const onePixel = (p: ReduceShape): boolean =>
  (p.overHeight || p.height === 1) && (p.overWidth || p.width === 1) && !p.overChannels;

/** Real values: `join` of all that meet in an output, in order. */
export function reduceFloat<O extends Operator>(
  run: FloatRun<O>,
  start: number,
  join: (total: number, value: number) => number,
): void {
  const [input] = run.values;
  reduceEach(reduceShape(run as unknown as Placed), (out, places) => {
    run.out[out] = places.reduce((total, at) => join(total, input[at]), start);
  });
}

/** Input and output in three dimensions, those that are reduced of length 1 in the output. `bytes` of a result. */
export function reduceViews(
  lowering: Lowering,
  operator: Operator,
  p: ReduceShape,
  bytes = 1,
): { input: View; output: View } {
  const [input, output] = [operator.inputs[0], operator.outputs[0]].map((index) => lowering.view(index));
  return {
    input: asMap(input, p.height, p.width, p.channels),
    output: asMap(
      output,
      p.overHeight ? 1 : p.height,
      p.overWidth ? 1 : p.width,
      (p.overChannels ? 1 : p.channels) * bytes,
    ),
  };
}

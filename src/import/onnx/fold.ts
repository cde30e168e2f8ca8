/**
 * Folds what an exporter computes from constants alone, before the operators are translated: PyTorch's ZeroPad2d and
 * view(x.shape[0], -1), tf2onnx's chains in front of Reshape. Shapes of activations are known, so Shape is a constant too.
 */
import { elements } from '../../graph/graph.js';
import { DOUBLE, FLOAT, INTEGERS, type OnnxConstant, readConstant } from '../../onnx/model.js';
import type { NodeTranslation, Translation } from '../../onnx/translate.js';

/** Values that all folded constants of a model may have together: damaged files must not fill the memory. */
const MOST_VALUES = 2 ** 22;
const MOST_DIMENSIONS = 8;

type Values = OnnxConstant['values'];
type Fold = (node: NodeTranslation, inputs: readonly OnnxConstant[]) => OnnxConstant;

/** The constant that a node computes; undefined where it reads an activation, or is none of these operators. */
export function foldNode(node: NodeTranslation, translation: Translation): OnnxConstant | undefined {
  const { op, inputs } = node.node;
  let folded: OnnxConstant | undefined;
  if (op === 'Shape' && translation.activations.has(inputs[0])) folded = shapeOf(node, node.onnxShape(0));
  else {
    const constants = inputs.map((name) => (name ? translation.constants.get(name) : ABSENT));
    const fold = Object.hasOwn(FOLDS, op) ? FOLDS[op] : undefined;
    const known = constants.every((constant) => constant && constant.shape.length <= MOST_DIMENSIONS);
    if (!fold || !known || (inputs.length === 0 && op !== 'Constant')) return undefined;
    folded = fold(node, constants as OnnxConstant[]);
    const kept = (constants as OnnxConstant[]).some(({ values }) => values === folded?.values);
    if (!kept) translation.foldedValues += folded.values.length;
  }
  if (translation.foldedValues > MOST_VALUES) throw tooLarge(node, translation.foldedValues);
  return folded;
}

const ABSENT: OnnxConstant = { shape: [0], values: [] };

function tooLarge(node: NodeTranslation, values: number) {
  return node.unsupported(`${values} values computed from constants`, `${MOST_VALUES} at most`, node.node.outputs[0]);
}

const unary = (compute: (x: number) => number): Fold => {
  return (_, [{ shape, values }]) => ({ shape, values: like(values, values.length, (i) => compute(values[i])) });
};

/** Division of integers rounds towards 0. */
const binary = (compute: (a: number, b: number) => number, isTruth = false): Fold => {
  return (node, [a, b]) => {
    if (!a || !b) throw node.invalid('one input', 'two');
    const shape = broadcast(node, a.shape, b.shape);
    const [atA, atB] = [reader(a, shape), reader(b, shape)];
    const ints = isTruth || !(a.values instanceof Float32Array || b.values instanceof Float32Array);
    const compute1 = (i: number) => compute(atA(i), atB(i));
    if (!ints) return { shape, values: Float32Array.from({ length: elements(shape) }, (_, i) => compute1(i)) };
    return { shape, values: Array.from({ length: elements(shape) }, (_, i) => Math.trunc(compute1(i)) || 0) };
  };
};

const FOLDS: Readonly<Record<string, Fold>> = {
  Abs: unary(Math.abs),
  Add: binary((a, b) => a + b),
  Cast: cast,
  Ceil: unary(Math.ceil),
  Concat: concat,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Div: binary((a, b) => a / b),
  Equal: binary((a, b) => Number(a === b), true),
  Expand: expand,
  Flatten: flatten,
  Floor: unary(Math.floor),
  Gather: gather,
  Identity: (_, [input]) => input,
  Max: binary(Math.max),
  Min: binary(Math.min),
  Mul: binary((a, b) => a * b),
  Neg: unary((x) => -x),
  Pow: binary((a, b) => a ** b),
  Range: range,
  Reciprocal: unary((x) => 1 / x),
  ReduceProd: reduceProd,
  Reshape: reshape,
  Shape: (node, [{ shape }]) => shapeOf(node, shape),
  Slice: slice,
  Sqrt: unary(Math.sqrt),
  Squeeze: squeeze,
  Sub: binary((a, b) => a - b),
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Where: where,
};

/** `count` values of the type of `values`. */
function like(values: Values, count: number, at: (i: number) => number): Values {
  return values instanceof Float32Array
    ? Float32Array.from({ length: count }, (_, i) => at(i))
    : Array.from({ length: count }, (_, i) => at(i));
}

/** Checked before anything of that shape is made. */
function bounded(node: NodeTranslation, shape: readonly number[]): readonly number[] {
  if (shape.length > MOST_DIMENSIONS || shape.some((dim) => !Number.isInteger(dim) || dim < 0)) {
    throw node.unsupported(`shape [${shape.slice(0, 16)}]`, `up to ${MOST_DIMENSIONS} dimensions of 0 or more`);
  }
  if (elements(shape) > MOST_VALUES) throw tooLarge(node, elements(shape));
  return shape;
}

/** An axis counted from the front. */
function axisOf(node: NodeTranslation, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw node.invalid(`axis ${axis}`, `an axis of ${rank} dimensions`);
}

/** Distance in values between neighbours along each axis. */
const strides = (shape: readonly number[]) => shape.map((_, axis) => elements(shape.slice(axis + 1)));

/** A constant of `shape` whose value at a position, by axis, is that of `input` at `source` of it. */
function rearrange(
  input: OnnxConstant,
  shape: readonly number[],
  offset: number,
  steps: readonly number[],
): OnnxConstant {
  const own = strides(shape);
  const at = (i: number) =>
    shape.reduce((from, dim, axis) => from + (Math.floor(i / own[axis]) % dim) * steps[axis], offset);
  return { shape, values: like(input.values, elements(shape), (i) => input.values[at(i)]) };
}

function broadcast(node: NodeTranslation, a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  const padded = [a, b].map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const shape = padded[0].map((dim, axis) => (dim === 1 ? padded[1][axis] : dim));
  if (shape.some((dim, axis) => padded[1][axis] !== dim && padded[1][axis] !== 1)) {
    throw node.invalid(`shapes [${a}] and [${b}]`, 'shapes that fit');
  }
  return bounded(node, shape);
}

/** Reads `constant` at positions of the `shape` that it is broadcast to. */
function reader(constant: OnnxConstant, shape: readonly number[]): (i: number) => number {
  if (constant.values.length === 1) return () => constant.values[0];
  const [own, theirs] = [strides(constant.shape), strides(shape)];
  const before = shape.length - constant.shape.length;
  return (i) =>
    constant.values[
      constant.shape.reduce(
        (at, dim, axis) => at + (dim === 1 ? 0 : (Math.floor(i / theirs[axis + before]) % dim) * own[axis]),
        0,
      )
    ];
}

/** Integers of an input, or of the attribute that older operator sets have in its place. */
function integers(node: NodeTranslation, input: OnnxConstant | undefined, attribute: string): number[] | undefined {
  if (input && input !== ABSENT) return Array.from(input.values).slice(0, MOST_VALUES);
  return node.node.attributes.get(attribute)?.ints;
}

function constant(node: NodeTranslation): OnnxConstant {
  const { attributes, index, outputs } = node.node;
  const tensor = attributes.get('value')?.t;
  if (tensor) return readConstant(tensor, `node ${index} (Constant), tensor "${outputs[0]}"`);
  const [float, int] = [attributes.get('value_float')?.f, attributes.get('value_int')?.i];
  if (float !== undefined) return { shape: [], values: Float32Array.of(float) };
  if (int !== undefined) return { shape: [], values: [int] };
  const [floats, ints] = [attributes.get('value_floats')?.floats, attributes.get('value_ints')?.ints];
  const values = floats?.length ? floats : ints;
  if (values) return { shape: [values.length], values };
  throw node.unsupported('a constant that is neither a tensor nor numbers', 'a tensor or numbers', outputs[0]);
}

function constantOfShape(node: NodeTranslation, [input]: readonly OnnxConstant[]): OnnxConstant {
  const shape = bounded(node, Array.from(input.values));
  const tensor = node.node.attributes.get('value')?.t;
  const { values } = tensor ? readConstant(tensor, `node ${node.node.index}, value`) : { values: Float32Array.of(0) };
  return { shape, values: like(values, elements(shape), () => values[0] ?? 0) };
}

/** Integers are kept as such, whatever their width; towards them fractions are cut off. */
function cast(node: NodeTranslation, [{ shape, values }]: readonly OnnxConstant[]): OnnxConstant {
  const to = node.int('to', 0);
  if (to === FLOAT || to === DOUBLE) return { shape, values: Float32Array.from(values) };
  if (!INTEGERS.includes(to)) throw node.unsupported(`to type ${to}`, `${[FLOAT, DOUBLE, ...INTEGERS].join(', ')}`);
  return { shape, values: Array.from(values, (value) => Math.trunc(value) || 0) };
}

function concat(node: NodeTranslation, inputs: readonly OnnxConstant[]): OnnxConstant {
  const [first] = inputs;
  const axis = axisOf(node, node.int('axis', 0), first.shape.length);
  const others = (shape: readonly number[]) => String(shape.map((dim, i) => (i === axis ? 0 : dim)));
  if (inputs.some(({ shape }) => others(shape) !== others(first.shape))) {
    throw node.invalid('constants that differ in shape', 'shapes that fit');
  }
  const shape = bounded(
    node,
    first.shape.map((dim, i) => (i === axis ? inputs.reduce((sum, input) => sum + input.shape[axis], 0) : dim)),
  );
  const values: number[] = [];
  for (let outer = 0; outer < elements(shape.slice(0, axis)); outer++) {
    for (const input of inputs) {
      const run = elements(input.shape.slice(axis));
      for (let i = outer * run; i < (outer + 1) * run; i++) values.push(input.values[i]);
    }
  }
  return { shape, values: first.values instanceof Float32Array ? Float32Array.from(values) : values };
}

function expand(node: NodeTranslation, [input, target]: readonly OnnxConstant[]): OnnxConstant {
  const shape = broadcast(node, input.shape, bounded(node, Array.from(target?.values ?? [])));
  const at = reader(input, shape);
  return { shape, values: like(input.values, elements(shape), at) };
}

function flatten(node: NodeTranslation, [{ shape, values }]: readonly OnnxConstant[]): OnnxConstant {
  const stated = node.int('axis', 1);
  const axis = stated === shape.length ? stated : axisOf(node, stated, shape.length);
  return { shape: [elements(shape.slice(0, axis)), elements(shape.slice(axis))], values };
}

function gather(node: NodeTranslation, [input, indices]: readonly OnnxConstant[]): OnnxConstant {
  if (!indices) throw node.invalid('no indices', 'some');
  const axis = axisOf(node, node.int('axis', 0), input.shape.length);
  const shape = bounded(node, [...input.shape.slice(0, axis), ...indices.shape, ...input.shape.slice(axis + 1)]);
  const run = elements(input.shape.slice(axis + 1));
  const at = Array.from(indices.values, (index) => axisOf(node, index, input.shape[axis]));
  const from = (i: number) => {
    const outer = Math.floor(i / run / at.length);
    return (outer * input.shape[axis] + at[Math.floor(i / run) % at.length]) * run + (i % run);
  };
  return { shape, values: like(input.values, elements(shape), (i) => input.values[from(i)]) };
}

function range(node: NodeTranslation, [start, limit, delta]: readonly OnnxConstant[]): OnnxConstant {
  const [first, last, step] = [start?.values[0], limit?.values[0], delta?.values[0]];
  const count = Math.max(0, Math.ceil((last - first) / step));
  const shape = bounded(node, [count]);
  return { shape, values: like(start.values, count, (i) => first + i * step) };
}

/** Over all axes, as the number of values of a shape. */
function reduceProd(node: NodeTranslation, [{ shape, values }, axes]: readonly OnnxConstant[]): OnnxConstant {
  const stated = integers(node, axes, 'axes') ?? [];
  if (stated.length > 0 && stated.length !== shape.length) throw node.unsupported(`axes ${stated}`, 'all axes');
  const product = Array.from(values).reduce((a, b) => a * b, 1);
  const keepDims = node.int('keepdims', 1) !== 0;
  return { shape: keepDims ? shape.map(() => 1) : [], values: like(values, 1, () => product) };
}

function reshape(node: NodeTranslation, [input, target]: readonly OnnxConstant[]): OnnxConstant {
  const stated = integers(node, target, 'shape') ?? [];
  const keepsZero = node.int('allowzero', 0) !== 0;
  const copied = stated.map((dim, i) => (dim === 0 && !keepsZero ? (input.shape[i] ?? 0) : dim));
  const known = copied.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  const shape = bounded(
    node,
    copied.map((dim) => (dim === -1 ? input.values.length / known : dim)),
  );
  if (elements(shape) !== input.values.length) {
    throw node.invalid(`shape [${shape}]`, `one of ${input.values.length} values`, node.node.inputs[0]);
  }
  return { shape, values: input.values };
}

/** Part of a shape, from operator set 15 on. */
function shapeOf(node: NodeTranslation, shape: readonly number[]): OnnxConstant {
  const values = shape.slice(node.int('start', 0), node.int('end', shape.length));
  return { shape: [values.length], values };
}

/** Starts, ends and axes are attributes up to operator set 9, then inputs, with steps. */
function slice(node: NodeTranslation, [input, ...rest]: readonly OnnxConstant[]): OnnxConstant {
  const starts = integers(node, rest[0], 'starts') ?? [];
  const ends = integers(node, rest[1], 'ends') ?? [];
  const axes = integers(node, rest[2], 'axes') ?? [...starts.keys()];
  const steps = integers(node, rest[3], 'steps') ?? starts.map(() => 1);
  if (new Set([starts.length, ends.length, axes.length, steps.length]).size > 1 || starts.length > MOST_DIMENSIONS) {
    throw node.invalid(`${starts.length} starts, ${ends.length} ends, ${axes.length} axes`, 'as many of each');
  }
  const shape = [...input.shape];
  const distances = strides(input.shape);
  let offset = 0;
  for (const [i, stated] of axes.entries()) {
    const axis = axisOf(node, stated, input.shape.length);
    const [size, step] = [input.shape[axis], steps[i]];
    if (step === 0) throw node.invalid('step 0', 'another one');
    const clamp = (value: number, low: number, high: number) =>
      Math.max(low, Math.min(high, value < 0 ? value + size : value));
    const [start, end] =
      step > 0
        ? [clamp(starts[i], 0, size), clamp(ends[i], 0, size)]
        : [clamp(starts[i], 0, size - 1), clamp(ends[i], -1, size - 1)];
    shape[axis] = Math.max(0, Math.ceil((end - start) / step));
    offset += start * distances[axis];
    distances[axis] *= step;
  }
  return rearrange(input, shape, offset, distances);
}

function squeeze(node: NodeTranslation, [{ shape, values }, axes]: readonly OnnxConstant[]): OnnxConstant {
  const removed = integers(node, axes, 'axes')?.map((axis) => axisOf(node, axis, shape.length));
  const goes = (dim: number, axis: number) => (removed ? removed.includes(axis) : dim === 1);
  if (shape.some((dim, axis) => goes(dim, axis) && dim !== 1)) throw node.invalid(`shape [${shape}]`, 'axes of size 1');
  return { shape: shape.filter((dim, axis) => !goes(dim, axis)), values };
}

function transpose(node: NodeTranslation, [input]: readonly OnnxConstant[]): OnnxConstant {
  const rank = input.shape.length;
  const order = node.node.attributes.get('perm')?.ints ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (order.length !== rank || new Set(order.map((axis) => axisOf(node, axis, rank))).size !== rank) {
    throw node.invalid(`perm ${order.slice(0, 16)}`, `the ${rank} axes of "${node.node.inputs[0]}"`);
  }
  const distances = strides(input.shape);
  return rearrange(
    input,
    order.map((axis) => input.shape[axis]),
    0,
    order.map((axis) => distances[axis]),
  );
}

function unsqueeze(node: NodeTranslation, [{ shape, values }, axes]: readonly OnnxConstant[]): OnnxConstant {
  const stated = integers(node, axes, 'axes') ?? [];
  const rank = shape.length + stated.length;
  bounded(node, Array<number>(Math.min(rank, MOST_DIMENSIONS + 1)).fill(1));
  const added = new Set(stated.map((axis) => axisOf(node, axis, rank)));
  const rest = [...shape];
  return { shape: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))), values };
}

function where(node: NodeTranslation, [condition, a, b]: readonly OnnxConstant[]): OnnxConstant {
  if (!a || !b) throw node.invalid('fewer than three inputs', 'three');
  const shape = broadcast(node, condition.shape, broadcast(node, a.shape, b.shape));
  const [test, yes, no] = [condition, a, b].map((input) => reader(input, shape));
  return { shape, values: like(a.values, elements(shape), (i) => (test(i) ? yes(i) : no(i))) };
}

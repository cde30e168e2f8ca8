/** Folds what moves the values of constants, joins or picks them, or changes their shape alone. */
import { elements } from '../../../graph/graph.js';
import type { OnnxConstant } from '../../../onnx/model.js';
import type { NodeTranslation } from '../../../onnx/translate.js';
import { bounded, broadcast, integers, like, MOST_DIMENSIONS, reader, rearrange, strides } from './constants.js';

export function concat(node: NodeTranslation, inputs: readonly OnnxConstant[]): OnnxConstant {
  const [first] = inputs;
  const axis = node.axis(node.int('axis', 0), first.shape.length);
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

export function expand(node: NodeTranslation, [input, target]: readonly OnnxConstant[]): OnnxConstant {
  const shape = broadcast(node, input.shape, bounded(node, Array.from(target?.values ?? [])));
  const at = reader(input, shape);
  return { shape, values: like(input.values, elements(shape), at) };
}

/** The values of `input` in another shape. One scale of all stays theirs; scales along an axis would need it. */
function reshaped({ values, type, quantization }: OnnxConstant, shape: readonly number[]): OnnxConstant {
  const own = quantization?.scale.length === 1 ? quantization : undefined;
  return { shape, values, type, quantization: own };
}

export function flatten(node: NodeTranslation, [input]: readonly OnnxConstant[]): OnnxConstant {
  const { shape } = input;
  const stated = node.int('axis', 1);
  const axis = stated === shape.length ? stated : node.axis(stated, shape.length);
  return reshaped(input, [elements(shape.slice(0, axis)), elements(shape.slice(axis))]);
}

export function gather(node: NodeTranslation, [input, indices]: readonly OnnxConstant[]): OnnxConstant {
  if (!indices) throw node.invalid('no indices', 'some');
  const axis = node.axis(node.int('axis', 0), input.shape.length);
  const shape = bounded(node, [...input.shape.slice(0, axis), ...indices.shape, ...input.shape.slice(axis + 1)]);
  const run = elements(input.shape.slice(axis + 1));
  const at = Array.from(indices.values, (index) => node.axis(index, input.shape[axis]));
  const from = (i: number) => {
    const outer = Math.floor(i / run / at.length);
    return (outer * input.shape[axis] + at[Math.floor(i / run) % at.length]) * run + (i % run);
  };
  return { shape, values: like(input.values, elements(shape), (i) => input.values[from(i)]) };
}

export function reshape(node: NodeTranslation, [input, target]: readonly OnnxConstant[]): OnnxConstant {
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
  return reshaped(input, shape);
}

/** Starts, ends and axes are attributes up to operator set 9, then inputs, with steps. */
export function slice(node: NodeTranslation, [input, ...rest]: readonly OnnxConstant[]): OnnxConstant {
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
    const axis = node.axis(stated, input.shape.length);
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

export function squeeze(node: NodeTranslation, [input, axes]: readonly OnnxConstant[]): OnnxConstant {
  const { shape } = input;
  const removed = integers(node, axes, 'axes')?.map((axis) => node.axis(axis, shape.length));
  const goes = (dim: number, axis: number) => (removed ? removed.includes(axis) : dim === 1);
  if (shape.some((dim, axis) => goes(dim, axis) && dim !== 1)) throw node.invalid(`shape [${shape}]`, 'axes of size 1');
  return reshaped(
    input,
    shape.filter((dim, axis) => !goes(dim, axis)),
  );
}

export function transpose(node: NodeTranslation, [input]: readonly OnnxConstant[]): OnnxConstant {
  const rank = input.shape.length;
  const order = node.node.attributes.get('perm')?.ints ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (order.length !== rank || new Set(order.map((axis) => node.axis(axis, rank))).size !== rank) {
    throw node.invalid(`perm ${order.slice(0, 16)}`, `the ${rank} axes of "${node.node.inputs[0]}"`);
  }
  const distances = strides(input.shape);
  const turned = rearrange(
    input,
    order.map((axis) => input.shape[axis]),
    0,
    order.map((axis) => distances[axis]),
  );
  const { type, quantization: own } = input;
  return { ...turned, type, quantization: own && { ...own, axis: Math.max(0, order.indexOf(own.axis)) } };
}

export function unsqueeze(node: NodeTranslation, [input, axes]: readonly OnnxConstant[]): OnnxConstant {
  const { shape } = input;
  const stated = integers(node, axes, 'axes') ?? [];
  const rank = shape.length + stated.length;
  bounded(node, Array<number>(Math.min(rank, MOST_DIMENSIONS + 1)).fill(1));
  const added = new Set(stated.map((axis) => node.axis(axis, rank)));
  const rest = [...shape];
  return reshaped(
    input,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))),
  );
}

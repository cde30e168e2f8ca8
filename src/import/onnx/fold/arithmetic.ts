/** Folds arithmetic on constants, value by value. */
import { elements } from '../../../graph/graph.js';
import { DOUBLE, FLOAT, INTEGERS, type OnnxConstant } from '../../../onnx/model.js';
import type { NodeTranslation } from '../../../onnx/translate.js';
import { bounded, broadcast, type Fold, integers, like, reader } from './constants.js';

export const unary = (compute: (x: number) => number): Fold => {
  return (_, [{ shape, values }]) => ({ shape, values: like(values, values.length, (i) => compute(values[i])) });
};

/** Division of integers rounds towards 0. */
export const binary = (compute: (a: number, b: number) => number, isTruth = false): Fold => {
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

/** Integers are kept as such, whatever their width; towards them fractions are cut off. */
export function cast(node: NodeTranslation, [{ shape, values }]: readonly OnnxConstant[]): OnnxConstant {
  const to = node.int('to', 0);
  if (to === FLOAT || to === DOUBLE) return { shape, values: Float32Array.from(values) };
  if (!INTEGERS.includes(to)) throw node.unsupported(`to type ${to}`, `${[FLOAT, DOUBLE, ...INTEGERS].join(', ')}`);
  return { shape, values: Array.from(values, (value) => Math.trunc(value) || 0), type: to };
}

export function range(node: NodeTranslation, [start, limit, delta]: readonly OnnxConstant[]): OnnxConstant {
  const [first, last, step] = [start?.values[0], limit?.values[0], delta?.values[0]];
  const count = Math.max(0, Math.ceil((last - first) / step));
  const shape = bounded(node, [count]);
  return { shape, values: like(start.values, count, (i) => first + i * step) };
}

/** Over all axes, as the number of values of a shape. */
export function reduceProd(node: NodeTranslation, [{ shape, values }, axes]: readonly OnnxConstant[]): OnnxConstant {
  const stated = integers(node, axes, 'axes') ?? [];
  if (stated.length > 0 && stated.length !== shape.length) throw node.unsupported(`axes ${stated}`, 'all axes');
  const product = Array.from(values).reduce((a, b) => a * b, 1);
  const keepDims = node.int('keepdims', 1) !== 0;
  return { shape: keepDims ? shape.map(() => 1) : [], values: like(values, 1, () => product) };
}

export function where(node: NodeTranslation, [condition, a, b]: readonly OnnxConstant[]): OnnxConstant {
  if (!a || !b) throw node.invalid('fewer than three inputs', 'three');
  const shape = broadcast(node, condition.shape, broadcast(node, a.shape, b.shape));
  const [test, yes, no] = [condition, a, b].map((input) => reader(input, shape));
  return { shape, values: like(a.values, elements(shape), (i) => (test(i) ? yes(i) : no(i))) };
}

/** Helpers of folding constants: their shapes, checked, and their values by position. */
import { elements } from '../../../graph/graph.js';
import type { OnnxConstant } from '../../../onnx/model.js';
import type { NodeTranslation } from '../../../onnx/translate.js';

/** Values that all folded constants of a model may have together: damaged files must not fill the memory. */
export const MOST_VALUES = 2 ** 23;
export const MOST_DIMENSIONS = 8;

export type Values = OnnxConstant['values'];
/** The constant that a node makes of its inputs. */
export type Fold = (node: NodeTranslation, inputs: readonly OnnxConstant[]) => OnnxConstant;

/** Stands for an optional input that is left out. */
export const ABSENT: OnnxConstant = { shape: [0], values: [] };

export function tooLarge(node: NodeTranslation, values: number) {
  return node.unsupported(`${values} values computed from constants`, `${MOST_VALUES} at most`, node.node.outputs[0]);
}

/** `count` values of the type of `values`. */
export function like(values: Values, count: number, at: (i: number) => number): Values {
  return values instanceof Float32Array
    ? Float32Array.from({ length: count }, (_, i) => at(i))
    : Array.from({ length: count }, (_, i) => at(i));
}

/** Checked before anything of that shape is made. */
export function bounded(node: NodeTranslation, shape: readonly number[]): readonly number[] {
  if (shape.length > MOST_DIMENSIONS || shape.some((dim) => !Number.isInteger(dim) || dim < 0)) {
    throw node.unsupported(`shape [${shape.slice(0, 16)}]`, `up to ${MOST_DIMENSIONS} dimensions of 0 or more`);
  }
  if (elements(shape) > MOST_VALUES) throw tooLarge(node, elements(shape));
  return shape;
}

/** Distance in values between neighbours along each axis. */
export const strides = (shape: readonly number[]) => shape.map((_, axis) => elements(shape.slice(axis + 1)));

/** A constant of `shape` whose value at a position, by axis, is that of `input` at `source` of it. */
export function rearrange(
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

export function broadcast(node: NodeTranslation, a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  const padded = [a, b].map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const shape = padded[0].map((dim, axis) => (dim === 1 ? padded[1][axis] : dim));
  if (shape.some((dim, axis) => padded[1][axis] !== dim && padded[1][axis] !== 1)) {
    throw node.invalid(`shapes [${a}] and [${b}]`, 'shapes that fit');
  }
  return bounded(node, shape);
}

/** Reads `constant` at positions of the `shape` that it is broadcast to. */
export function reader(constant: OnnxConstant, shape: readonly number[]): (i: number) => number {
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
export function integers(
  node: NodeTranslation,
  input: OnnxConstant | undefined,
  attribute: string,
): number[] | undefined {
  if (input && input !== ABSENT) return Array.from(input.values).slice(0, MOST_VALUES);
  return node.node.attributes.get(attribute)?.ints;
}

/** ONNX bounds, as the operator that has the same ones. */
import type { OperatorKind, Tensor } from '../../graph/graph.js';
import { writeElementwise } from '../../onnx/elementwise.js';
import type { NodeTranslation } from '../../onnx/translate.js';
import { OPERATOR_NAMES, OPERATORS } from '../../operators/index.js';

/** Bounds are attributes up to operator set 10, then inputs. */
export function translateClip(node: NodeTranslation): void {
  const bound = (position: number, name: string, otherwise: number) =>
    node.constant(position)?.values[0] ?? node.float(name, otherwise);
  writeBounds(node, bound(1, 'min', -Infinity), bound(2, 'max', Infinity));
}

/** Min and Max of an activation and one value are a Clip; of others, operators of two operands. */
export function translateMinMax(node: NodeTranslation): void {
  const { inputs, op } = node.node;
  const [at, constantAt] = node.isActivation(0) ? [0, 1] : [1, 0];
  const value = inputs.length === 2 && !node.isActivation(constantAt) ? node.floats(constantAt) : [];
  if (inputs.length === 1) node.finish(node.anyActivation(), node.isChannelsLast());
  else if (value.length !== 1) OPERATORS[named(op)].onnx![op].translate(node);
  else if (op === 'Min') writeBounds(node, -Infinity, value[0], at);
  else writeBounds(node, value[0], Infinity, at);
}

/** The float32 limits stand for no bound in older exporters. A lower bound is none where no value is below 0. */
function writeBounds(node: NodeTranslation, low: number, high: number, at = 0): void {
  const input = node.anyActivation(at);
  const isAbove = low <= 0 && node.isNonNegative(input);
  const from = isAbove ? 0 : low < -3e38 ? -Infinity : low;
  const to = high > 3e38 ? Infinity : high;
  if (!(from <= to)) throw node.invalid(`bounds ${low} and ${high}`, 'the lower one first');
  const last = node.isChannelsLast(at);
  const bounding = byBounds(from, to);
  if (low < -3e38 && to === Infinity) node.finish(input, last);
  else if (bounding) writeElementwise(node, bounding, at);
  else node.finish(writeBound(node, writeBound(node, input, 'Max', isAbove ? -Infinity : from, to), 'Min', to), last);
}

/** The greater, or the less, of each value and `bound`; `above` is another bound that follows, if any. */
function writeBound(node: NodeTranslation, input: Tensor, op: 'Max' | 'Min', bound: number, above = Infinity): Tensor {
  if (!Number.isFinite(bound)) return input;
  const name = above < Infinity ? `${node.node.outputs[0]}:${op}` : undefined;
  const known = op === 'Max' ? byBounds(bound, Infinity) : undefined;
  if (known) return node.write(known, [input.index], input.shape, name);
  const value = node.weights(op, [1], Float32Array.of(bound));
  return node.write({ op: named(op) } as OperatorKind, [input.index, value], input.shape, name);
}

/** The operator that has these bounds. */
function byBounds(low: number, high: number): OperatorKind | undefined {
  const name = OPERATOR_NAMES.find((each) => String(OPERATORS[each].bounds) === String([low, high]));
  return name && ({ op: name } as OperatorKind);
}

/** The operator that ONNX has as `op`. */
const named = (op: string) => OPERATOR_NAMES.find((name) => Object.hasOwn(OPERATORS[name].onnx ?? {}, op))!;

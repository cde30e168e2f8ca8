/**
 * Division by the Euclidean norm written out: torch's F.normalize is Div by ReduceL2, held above an epsilon and expanded; tf2onnx
 * multiplies by the reciprocal of a root. All of it becomes one LpNormalization.
 */
import type { OnnxAttribute, OnnxNode } from '../../onnx/model.js';
import type { Chain, Found, Values } from './chains.js';

/** Greatest epsilon of which nothing is left in 8 bits. */
const EPSILON = 1e-3;

/** The norm of x along an axis. */
type Norm = Chain & { axis: number };

export function findNormalization(node: OnnxNode, values: Values): Found | undefined {
  const [a, b] = node.inputs;
  const candidates = [
    ...(node.op === 'Div' ? [{ x: a, norm: norm(b, values) }] : []),
    ...(node.op === 'Mul'
      ? [
          { x: a, norm: inverse(b, values) },
          { x: b, norm: inverse(a, values) },
        ]
      : []),
  ];
  const found = candidates.find(({ x, norm: each }) => each?.x === x)?.norm;
  if (!found) return undefined;
  const number = (i: number): OnnxAttribute => ({ i, s: '', floats: new Float32Array(0), ints: [] });
  const attributes = new Map([
    ['axis', number(found.axis)],
    ['p', number(2)],
  ]);
  return { x: found.x, nodes: found.nodes, becomes: { op: 'LpNormalization', attributes } };
}

/** 1 / norm. */
function inverse(name: string, values: Values): Norm | undefined {
  const node = values.only(name);
  const isInverse = node?.op === 'Reciprocal' || (node?.op === 'Div' && values.value(node.inputs[0]) === 1);
  return isInverse ? behind(node, norm(node.inputs[node.inputs.length - 1], values)) : undefined;
}

/** The norm, held above an epsilon or not. */
function norm(name: string, values: Values): Norm | undefined {
  const node = values.only(name);
  if (!node) return undefined;
  const held = heldAbove(node, values);
  if (held !== undefined) return behind(node, norm(held, values));
  if (node.op === 'ReduceL2') return reduced(node, values);
  if (node.op !== 'Sqrt') return undefined;
  return behind(node, squares(node.inputs[0], values));
}

/** The sum of squares, held above an epsilon or not. */
function squares(name: string, values: Values): Norm | undefined {
  const node = values.only(name);
  if (!node) return undefined;
  const held = heldAbove(node, values);
  if (held !== undefined) return behind(node, squares(held, values));
  if (node.op === 'ReduceSumSquare') return reduced(node, values);
  const square = node.op === 'ReduceSum' ? values.only(node.inputs[0]) : undefined;
  const isSquare =
    square?.op === 'Mul'
      ? square.inputs[0] === square.inputs[1]
      : square?.op === 'Pow' && values.value(square.inputs[1]) === 2;
  const sum = isSquare ? reduced(node, values) : undefined;
  return sum && square && { ...sum, x: square.inputs[0], nodes: [...sum.nodes, square] };
}

/** Value that Clip, Max or Add keep away from 0, and Expand spreads over the axis. */
function heldAbove({ op, inputs, attributes }: OnnxNode, values: Values): string | undefined {
  if (op === 'Expand') return inputs[0];
  const isSmall = (value: number | undefined) => value !== undefined && value >= 0 && value <= EPSILON;
  if (op === 'Clip') {
    const most = attributes.get('max')?.f ?? values.value(inputs[2]) ?? Infinity;
    return isSmall(attributes.get('min')?.f ?? values.value(inputs[1])) && most > 1e30 ? inputs[0] : undefined;
  }
  if (op !== 'Max' && op !== 'Add') return undefined;
  const at = inputs.findIndex((input) => isSmall(values.value(input)));
  return at < 0 || inputs.length !== 2 ? undefined : inputs[1 - at];
}

/** Over one axis that stays. */
function reduced(node: OnnxNode, values: Values): Norm | undefined {
  const listed = node.attributes.get('axes')?.ints;
  const axis = listed?.length === 1 ? listed[0] : values.value(node.inputs[1]);
  const keeps = node.attributes.get('keepdims')?.i ?? 1;
  return axis === undefined || keeps !== 1 ? undefined : { x: node.inputs[0], nodes: [node], axis };
}

const behind = (node: OnnxNode, found: Norm | undefined): Norm | undefined =>
  found && { ...found, nodes: [node, ...found.nodes] };

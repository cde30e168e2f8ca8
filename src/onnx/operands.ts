/** ONNX arithmetic of two operands, each an activation or a constant. */
import { elements, type OperatorKind, type Tensor } from '../graph/graph.js';
import { asInt8 } from './quantization.js';
import type { NodeTranslation } from './translate.js';

/**
 * Writes an operator of two operands with axes in one order, each as long as the other's or 1; of more, one after the other.
 * @throws DepthwiseError MODEL_UNSUPPORTED: other shapes, or one channels first and the other last.
 */
export function writeOperands(node: NodeTranslation, operator: OperatorKind): void {
  const positions = [...node.node.inputs.keys()];
  const activations = positions.filter((position) => node.isActivation(position));
  const [first] = activations;
  const last = node.isChannelsLast(first);
  const operands = positions.map(
    (position): Operand =>
      node.isActivation(position) ? node.anyActivation(position) : constantOperand(node, position, first),
  );
  if (activations.some((position) => node.isChannelsLast(position) !== last)) throw apart(node, operands);
  const end = operands.reduce((a, b, i) => {
    const name = i === operands.length - 1 ? undefined : `${node.node.outputs[0]}:${i}`;
    return node.write(operator, [a.index, b.index], broadcast(node, a, b), name);
  });
  node.finish(end as Tensor, last);
}

type Operand = Pick<Tensor, 'index' | 'shape'>;

function broadcast(node: NodeTranslation, a: Operand, b: Operand): number[] {
  const fit = a.shape.every((length, axis) => length === 1 || b.shape[axis] === 1 || length === b.shape[axis]);
  if (a.shape.length !== b.shape.length || !fit) throw apart(node, [a, b]);
  return a.shape.map((length, axis) => Math.max(length, b.shape[axis]));
}

function apart(node: NodeTranslation, operands: readonly Operand[]) {
  const shapes = operands.map(({ shape }) => `[${shape}]`).join(' and ');
  return node.unsupported(`shapes ${shapes}`, 'those of one order, with axes that are equal or 1');
}

/** A constant in the layout of the activation that is input `beside`, with axes of 1 in front of its own. */
export function constantOperand(node: NodeTranslation, position: number, beside: number): Operand {
  const { shape: target } = node.anyActivation(beside);
  const values = node.floats(position);
  const constant = node.constant(position);
  const own = constant?.shape ?? [];
  if (own.length > target.length) throw apart(node, [{ index: -1, shape: own }, node.anyActivation(beside)]);
  const stated = [...Array<number>(target.length - own.length).fill(1), ...own];
  const turns = target.length === 4 && !node.isChannelsLast(beside);
  const shape = turns ? [stated[0], stated[2], stated[3], stated[1]] : stated;
  const [channels, pixels] = turns ? [stated[1], stated[2] * stated[3]] : [1, elements(stated)];
  const data = values.map((_, i) => values[(i % channels) * pixels + Math.floor(i / channels)]);
  const { quantization } = constant ?? {};
  const map = quantization?.scale.length === 1 ? asInt8(node, quantization) : undefined;
  return { index: node.weights(`operand ${position}`, shape, data, map), shape };
}

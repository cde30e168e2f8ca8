/** ONNX arithmetic of two activations. */
import type { Tensor } from '../graph/graph.js';
import type { NodeTranslation } from './translate.js';

/** Whether neither of the two inputs is a constant. */
export const hasTwoActivations = (node: NodeTranslation): boolean => node.isActivation(0) && node.isActivation(1);

/**
 * Writes an operator of two activations of as many axes in one order, each as long as the other's or 1.
 * @throws DepthwiseError MODEL_UNSUPPORTED: other shapes, or one channels first and the other last.
 */
export function writeOperands(node: NodeTranslation, operator: Parameters<NodeTranslation['write']>[0]): void {
  const [a, b]: [Tensor, Tensor] = [node.anyActivation(0), node.anyActivation(1)];
  const last = node.isChannelsLast(0);
  const fit = a.shape.every((length, axis) => length === 1 || b.shape[axis] === 1 || length === b.shape[axis]);
  if (a.shape.length !== b.shape.length || !fit || node.isChannelsLast(1) !== last) {
    const expected = 'two of one order, with axes that are equal or 1';
    throw node.unsupported(`shapes [${a.shape}] and [${b.shape}]`, expected);
  }
  const shape = a.shape.map((length, axis) => Math.max(length, b.shape[axis]));
  node.finish(node.write(operator, [a.index, b.index], shape), last);
}

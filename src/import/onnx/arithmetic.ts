/** ONNX arithmetic with constants, which no operator here is named after: layers take it in. */
import { withConstant, writeAffine } from '../../onnx/affine.js';
import { DOUBLE, FLOAT } from '../../onnx/model.js';
import type { NodeTranslation } from '../../onnx/translate.js';

/** (in - mean) / sqrt(variance + epsilon) * gamma + beta. */
export function translateBatchNormalization(node: NodeTranslation): void {
  const input = node.activation();
  if (node.int('training_mode', 0)) throw node.unsupported('training_mode 1', '0');
  const channels = input.shape[input.shape.length - 1];
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((position) => node.floats(position, channels));
  const epsilon = node.float('epsilon', 1e-5);
  const factors = gamma.map((value, c) => value / Math.sqrt(variance[c] + epsilon));
  const shifts = beta.map((value, c) => value - (mean[c] * gamma[c]) / Math.sqrt(variance[c] + epsilon));
  node.finish(writeAffine(node, input, factors, shifts), node.isChannelsLast());
}

export function translateDiv(node: NodeTranslation): void {
  if (!node.isActivation(0)) throw node.unsupported('a constant divided by an activation', 'division by a constant');
  withConstant(node, (constant) => ({ factor: 1 / constant, shift: 0 }));
}

/** Pixels of type uint8 become real values of the same size. */
export function translateCast(node: NodeTranslation): void {
  const to = node.int('to', 0);
  if (to !== FLOAT && to !== DOUBLE) throw node.unsupported(`activations of type ${to}`, `float32 (${FLOAT})`);
  node.finish(node.anyActivation(), node.isChannelsLast());
}

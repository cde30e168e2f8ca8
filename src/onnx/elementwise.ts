/** ONNX operators that compute each value from one value. */
import type { OperatorKind } from '../graph/graph.js';
import type { NodeTranslation, OnnxTranslation } from './translate.js';

/** Writes one operator for all values of input `at`. */
export function writeElementwise(node: NodeTranslation, kind: OperatorKind, at = 0): void {
  const input = node.anyActivation(at);
  node.finish(node.write(kind, [input.index], input.shape), node.isChannelsLast(at));
}

/** The translation of a node that is one such operator without options. */
export const elementwise = (kind: OperatorKind): OnnxTranslation => ({
  translate: (node) => writeElementwise(node, kind),
  rows: 'kept',
});

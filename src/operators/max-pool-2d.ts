/** MAX_POOL_2D: the largest value of the pixels of a window that lie in the map. */
import type { OperatorOf } from '../graph/graph.js';
import { pool } from '../kernels/float/pool.js';
import { maxPool } from '../kernels/reference/pool.js';
import { poolParameters } from '../kernels/reference/prepare.js';
import { samePads } from '../onnx/pads.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { KIND_MAX_POOL } from '../program/layout.js';
import type { OperatorDefinition } from './definition.js';
import { poolOf, readPool, writePool } from './pool.js';

export const maxPool2d: OperatorDefinition<OperatorOf<'MAX_POOL_2D'>> = {
  ...poolOf(KIND_MAX_POOL),
  onnx: { MaxPool: { translate: translateMaxPool } },
  run: (run) => maxPool(run.bytes(0), run.out, poolParameters(run.graph, run.operator)),
  runFloat({ operator, input, output, values, out }) {
    pool(operator, input, output, values[0], out, -Infinity, Math.max, (largest) => largest);
  },
};

/**
 * Input [1,H,W,C]. Padding never wins in ONNX: it is what SAME would add, or zeros, which win nothing from values that are
 * none below 0.
 */
function translateMaxPool(node: NodeTranslation): void {
  const {
    input,
    window,
    pads: stated,
    beyond,
  } = readPool(node, () => {
    if (node.node.outputs[1]) throw node.unsupported('indices of the largest values', 'the values alone');
  });
  const { filterH, filterW, strideH, strideW } = window;
  const pads = [stated[0], stated[1], stated[2] + beyond[0], stated[3] + beyond[1]];
  const kind = { op: 'MAX_POOL_2D', ...window } as const;
  const same = samePads(input, filterH, filterW, strideH, strideW);
  const isPadded = pads.some((pad) => pad > 0);
  if (isPadded && String(pads) === String(same)) {
    node.finish(writePool(node, kind, input, 'same'));
    return;
  }
  const within = pads.every((pad, i) => pad < (i % 2 ? filterW : filterH));
  if (isPadded && !(within && node.isNonNegative(input))) {
    throw node.unsupported(`paddings ${pads} around values below 0`, `none, ${same} (SAME), or any behind Relu`);
  }
  node.finish(writePool(node, kind, input, pads));
}

/** AVERAGE_POOL_2D: the mean of the pixels of a window that lie in the map. */
import type { OperatorOf } from '../graph/graph.js';
import { pool } from '../kernels/float/pool.js';
import { averagePool } from '../kernels/reference/pool.js';
import { poolParameters } from '../kernels/reference/prepare.js';
import { samePads } from '../onnx/pads.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { KIND_AVERAGE_POOL } from '../program/layout.js';
import type { OperatorDefinition } from './definition.js';
import { poolOf, readPool, writePool } from './pool.js';

export const averagePool2d: OperatorDefinition<OperatorOf<'AVERAGE_POOL_2D'>> = {
  ...poolOf(KIND_AVERAGE_POOL),
  onnx: { AveragePool: { translate: translateAveragePool } },
  run: (run) => averagePool(run.bytes(0), run.out, poolParameters(run.graph, run.operator)),
  runFloat({ operator, input, output, values, out }) {
    const mean = (total: number, n: number) => total / n;
    pool(operator, input, output, values[0], out, 0, (sum, value) => sum + value, mean);
  },
};

/** Input [1,H,W,C]. Padding that does not count must be what SAME would add. */
function translateAveragePool(node: NodeTranslation): void {
  const { input, window, pads } = readPool(node);
  const { filterH, filterW, strideH, strideW } = window;
  const kind = { op: 'AVERAGE_POOL_2D', ...window } as const;
  if (pads.every((pad) => pad === 0) || node.int('count_include_pad', 0)) {
    writePool(node, kind, input, pads);
    return;
  }
  const same = samePads(input, filterH, filterW, strideH, strideW);
  if (String(pads) !== String(same)) {
    throw node.unsupported(`paddings ${pads} that do not count`, `none, or ${same} (SAME)`);
  }
  writePool(node, kind, input, 'same');
}

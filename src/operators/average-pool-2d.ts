/** AVERAGE_POOL_2D: the mean of the pixels of a window that lie in the map. */
import type { OperatorOf, Tensor } from '../graph/graph.js';
import { pool } from '../kernels/float/pool.js';
import { averagePool } from '../kernels/reference/pool.js';
import { poolParameters } from '../kernels/reference/prepare.js';
import { type Pads, samePads } from '../onnx/pads.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { KIND_AVERAGE_POOL } from '../program/layout.js';
import type { OperatorDefinition } from './definition.js';
import { writeProduct } from './mul.js';
import { writePads } from './pad.js';
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

/** Input [1,H,W,C]. Padding counts, or does not; pixels beyond it, which ceil_mode adds, never do. */
function translateAveragePool(node: NodeTranslation): void {
  const { input, window, pads, beyond } = readPool(node);
  const { filterH, filterW, strideH, strideW } = window;
  const kind = { op: 'AVERAGE_POOL_2D', ...window } as const;
  const counts = node.int('count_include_pad', 0) !== 0;
  const padded = counts ? writePads(node, input, pads) : input;
  const [top, left, bottom, right] = counts ? [0, 0, 0, 0] : pads;
  const rest = [top, left, bottom + beyond[0], right + beyond[1]];
  const isSame = String(rest) === String(samePads(padded, filterH, filterW, strideH, strideW));
  if (rest.every((pad) => pad === 0)) node.finish(writePool(node, kind, padded, rest));
  else if (isSame) node.finish(writePool(node, kind, padded, 'same'));
  else node.finish(writeUncounted(node, kind, padded, rest));
}

/** Zeros count at first; then each mean is multiplied by what makes it one of the pixels alone. */
function writeUncounted(
  node: NodeTranslation,
  kind: Omit<OperatorOf<'AVERAGE_POOL_2D'>, 'padding' | 'index' | 'inputs' | 'outputs'>,
  input: Tensor,
  pads: Pads,
): Tensor {
  const { filterH, filterW, strideH, strideW } = kind;
  const pooled = writePool(node, kind, input, pads, `${node.node.outputs[0]}:pooled`);
  const [, outputH, outputW] = pooled.shape;
  const rows = inside(input.shape[1], outputH, filterH, strideH, pads[0]);
  const columns = inside(input.shape[2], outputW, filterW, strideW, pads[1]);
  const factors = rows.flatMap((row) => columns.map((column) => (filterH * filterW) / (row * column)));
  if (!factors.every(Number.isFinite)) throw node.unsupported(`paddings ${pads}`, 'a pixel at least in every window');
  return writeProduct(node, pooled, [1, outputH, outputW, 1], Float32Array.from(factors));
}

/** Pixels of each window along an axis of `size` pixels. */
const inside = (size: number, windows: number, filter: number, stride: number, before: number): number[] =>
  Array.from({ length: windows }, (_, i) => {
    const start = i * stride - before;
    return Math.max(0, Math.min(size, start + filter) - Math.max(0, start));
  });

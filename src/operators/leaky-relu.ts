/** LEAKY_RELU: x where x >= 0, else alpha * x, value by value. */
import type { OperatorOf } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { checkMultiplier, invalid } from '../graph/refusal.js';
import { leakyReluTable } from '../kernels/reference/scaled-tables.js';
import { writeElementwise } from '../onnx/elementwise.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { byteTable } from './byte-table.js';
import { checkRescaling } from './checks.js';
import type { OperatorDefinition } from './definition.js';

type LeakyRelu = OperatorOf<'LEAKY_RELU'>;

const OPTIONS = { alpha: 0 } as const;

export const leakyRelu: OperatorDefinition<LeakyRelu> = {
  ...byteTable<LeakyRelu>({
    real: (x, { alpha }) => (x >= 0 ? x : alpha * x),
    table: ({ operator, input, output }, rounding) => leakyReluTable(input, output, operator.alpha, rounding),
  }),
  tflite: {
    options: 75,
    read: (options) => ({ alpha: options.float32(OPTIONS.alpha) }),
    write: ({ operator }) => ({ [OPTIONS.alpha]: { float32: operator.alpha } }),
    version: () => 1,
  },
  onnx: { LeakyRelu: { translate: translateLeakyRelu, rows: 'kept' } },
  check(placed) {
    const { operator, input, output } = placed;
    const { alpha } = operator;
    if (!Number.isFinite(alpha)) throw invalid(operator)(`alpha ${alpha}`, 'a finite one');
    checkRescaling(placed);
    const ratio = perTensor(input).scale / perTensor(output).scale;
    if (alpha !== 0) checkMultiplier(operator, Math.abs(alpha) * ratio, output);
  },
  nonNegative: 'from inputs',
  keepsZeros: true,
};

function translateLeakyRelu(node: NodeTranslation): void {
  writeElementwise(node, { op: 'LEAKY_RELU', alpha: node.float('alpha', Math.fround(0.01)) });
}

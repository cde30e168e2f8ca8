/**
 * HARD_SWISH: x * min(max(x + 3, 0), 6) / 6, value by value; in MobileNetV3. In 16-bit fixed point, whose steps are in
 * src/kernels/reference/hard-swish.ts; int8 and uint8 alike.
 *
 * In ONNX from operator set 14 on. Before, exporters write it out: src/import/onnx/hard-swish.ts joins it.
 */
import type { OperatorOf } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { unsupported } from '../graph/refusal.js';
import { hardSwishTable, MOST_RATIO } from '../kernels/reference/hard-swish.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type HardSwish = OperatorOf<'HARD_SWISH'>;

export const hardSwish: OperatorDefinition<HardSwish> = {
  ...byteTable<HardSwish>({
    real: (x) => (x * Math.min(6, Math.max(0, x + 3))) / 6,
    table: ({ input, output }) => hardSwishTable(input, output),
  }),
  tflite: { options: 91, version: () => 1 },
  onnx: { HardSwish: elementwise({ op: 'HARD_SWISH' }) },
  check({ operator, input, output }) {
    const ratio = perTensor(input).scale / perTensor(output).scale;
    if (ratio < MOST_RATIO) return;
    const found = `an input scale ${ratio} times the output scale`;
    throw unsupported(operator)(found, `below ${MOST_RATIO} times`, 'Quantise the model again', output);
  },
  nonNegative: 'from inputs',
  keepsZeros: true,
};

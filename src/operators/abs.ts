/** ABS: |x|, value by value. */
import type { OperatorOf } from '../graph/graph.js';
import { absTable } from '../kernels/reference/scaled-tables.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import { checkRescaling } from './checks.js';
import type { OperatorDefinition } from './definition.js';

type Abs = OperatorOf<'ABS'>;

export const abs: OperatorDefinition<Abs> = {
  ...byteTable<Abs>({
    real: Math.abs,
    table: ({ input, output }, rounding) => absTable(input, output, rounding),
  }),
  tflite: { options: 78, version: () => 2 },
  onnx: { Abs: elementwise({ op: 'ABS' }) },
  check: checkRescaling,
  nonNegative: 'always',
  keepsZeros: true,
};

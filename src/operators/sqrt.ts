/** SQRT, value by value. Inputs below 0, at which TFLite stops, count as 0. */
import type { OperatorOf } from '../graph/graph.js';
import { sqrtTable } from '../kernels/reference/scaled-tables.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type Sqrt = OperatorOf<'SQRT'>;

export const sqrt: OperatorDefinition<Sqrt> = {
  ...byteTable<Sqrt>({
    real: Math.sqrt,
    table: ({ input, output }) => sqrtTable(input, output),
  }),
  tflite: { options: 0 },
  onnx: { Sqrt: elementwise({ op: 'SQRT' }) },
  nonNegative: 'always',
  keepsZeros: true,
};

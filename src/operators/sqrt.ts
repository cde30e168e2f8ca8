/**
 * SQRT, the square root, value by value.
 *
 *   out = trunc(sqrt((in - zpIn) * scale in) / scale out) + zpOut, clamped; inputs below 0 count as 0
 *
 * The quotient is cut towards 0, not rounded, as TensorFlow Lite does. At inputs below 0 that one stops: a model for a
 * board cannot, and real networks have squares or variances there, which are none.
 *
 * tflite-micro's kernel takes float32 alone. uint8, for which there is none either, is computed alike.
 * Source: TensorFlow Lite, lite/kernels/elementwise.cc, SqrtEvalQuantized.
 */
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
  // A root is none below 0.
  nonNegative: 'always',
  keepsZeros: true,
};

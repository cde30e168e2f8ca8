/**
 * RSQRT: 1 / sqrt(x), value by value.
 *
 *   out = 1 / sqrt(in - zpIn) / (sqrt(scale in) * scale out) + zpOut, clamped, the root in 32-bit fixed point
 *
 * 0 gives the greatest byte, and so do inputs below 0, at which TensorFlow Lite stops.
 * uint8, for which it has no kernel, is computed as int8 is. ONNX has no such operator.
 * Source: tflite-micro, micro/kernels/elementwise.cc, RsqrtEvalQuantized.
 */
import type { OperatorOf } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { checkMultiplier } from '../graph/refusal.js';
import { rsqrtTable } from '../kernels/reference/scaled-tables.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type Rsqrt = OperatorOf<'RSQRT'>;

export const rsqrt: OperatorDefinition<Rsqrt> = {
  ...byteTable<Rsqrt>({
    real: (x) => 1 / Math.sqrt(x),
    table: ({ input, output }, rounding) => rsqrtTable(input, output, rounding),
  }),
  tflite: { options: 0 },
  // A multiplier of 32 bits has to hold what the scales amount to.
  check({ operator, input, output }) {
    checkMultiplier(operator, 1 / (Math.sqrt(perTensor(input).scale) * perTensor(output).scale), output);
  },
  nonNegative: 'always',
};

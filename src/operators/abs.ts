/**
 * ABS: |x|, value by value.
 *
 *   out = |in - zpIn| * scale in / scale out + zpOut, clamped; without the factor where the scales are equal
 *
 * Channels that hold a constant hold its magnitude behind it.
 * uint8, for which TensorFlow Lite has no kernel, is computed as int8 is.
 * Source: tflite-micro, micro/kernels/elementwise.cc, AbsEvalQuantized.
 */
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
  // A multiplier of 32 bits has to hold the ratio of the scales.
  check: checkRescaling,
  nonNegative: 'always',
  keepsZeros: true,
};

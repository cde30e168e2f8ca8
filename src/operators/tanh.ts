/**
 * TANH, value by value. Outputs are -1 to 127/128 in steps of 1/128, the only ones that TensorFlow Lite's kernels make.
 *
 *   int8   out = tanh of (in - zpIn) * scale in, in Q4.27, to seven bits behind the point
 *   uint8  out = round(tanh((in - zpIn) * scale in) * 128) + 128, a table of the function in float32
 *
 * Source: tflite-micro, kernels/internal/reference/integer_ops/tanh.h, and TensorFlow Lite,
 * lite/kernels/activations.cc.
 */
import type { OperatorOf } from '../graph/graph.js';
import { tanhTable } from '../kernels/reference/tables.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import { checkOutputMap } from './checks.js';
import type { OperatorDefinition } from './definition.js';

type Tanh = OperatorOf<'TANH'>;

const MAP = { scale: 1 / 128, zeroPoint: 0 } as const;

export const tanh: OperatorDefinition<Tanh> = {
  ...byteTable<Tanh>({
    real: Math.tanh,
    table: ({ input, output }, rounding) => tanhTable(input, output, rounding),
  }),
  tflite: { options: 0 },
  onnx: { Tanh: elementwise({ op: 'TANH' }) },
  check: (placed) => checkOutputMap(placed, MAP),
  outputMap: MAP,
  nonNegative: 'from inputs',
  keepsZeros: true,
};

/**
 * NEG: -x, value by value.
 *
 *   out = round(-(in - zpIn) * scale in / scale out) + zpOut, clamped to the dtype
 *
 * TensorFlow Lite's own kernels take float32 and wide integers. For bytes the table follows from the function in
 * float32, as TensorFlow Lite makes those of other functions; where both tensors are quantised alike but for the
 * sign it is exact.
 */
import type { OperatorOf } from '../graph/graph.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type Neg = OperatorOf<'NEG'>;

export const neg: OperatorDefinition<Neg> = {
  ...byteTable<Neg>({
    real: (x) => -x,
  }),
  tflite: {
    options: 42,
    version: () => 1,
  },
  onnx: {
    Neg: elementwise({ op: 'NEG' }),
  },
  // Dead channels of a network that was never calibrated stay dead.
  keepsZeros: true,
};

/** NEG: -x, value by value. TFLite's own kernels take float32 and wide integers; a table of the function follows from them. */
import type { OperatorOf } from '../graph/graph.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type Neg = OperatorOf<'NEG'>;

export const neg: OperatorDefinition<Neg> = {
  ...byteTable<Neg>({ real: (x) => -x }),
  tflite: { options: 42, version: () => 1 },
  onnx: { Neg: elementwise({ op: 'NEG' }) },
  keepsZeros: true,
};

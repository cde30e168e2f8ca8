/** EXP, value by value. TFLite makes a table of the function in float32. */
import type { OperatorOf } from '../graph/graph.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type Exp = OperatorOf<'EXP'>;

export const exp: OperatorDefinition<Exp> = {
  ...byteTable<Exp>({ real: (x) => Math.exp(x) }),
  tflite: { options: 33 },
  onnx: { Exp: elementwise({ op: 'EXP' }) },
  nonNegative: 'always',
};

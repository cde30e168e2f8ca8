/** ELU: x where x >= 0, else exp(x) - 1, value by value. TFLite makes a table of the function in float32. */
import type { OperatorOf } from '../graph/graph.js';
import { writeElementwise } from '../onnx/elementwise.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type Elu = OperatorOf<'ELU'>;

export const elu: OperatorDefinition<Elu> = {
  ...byteTable<Elu>({ real: (x) => (x < 0 ? Math.fround(Math.exp(x)) - 1 : x) }),
  tflite: { options: 0, version: () => 1 },
  onnx: { Elu: { translate: translateElu, rows: 'kept' } },
  nonNegative: 'from inputs',
  keepsZeros: true,
};

function translateElu(node: NodeTranslation): void {
  const alpha = node.float('alpha', 1);
  if (alpha !== 1) throw node.unsupported(`alpha ${alpha}`, 'alpha 1');
  writeElementwise(node, { op: 'ELU' });
}

/**
 * ELU: x where x >= 0, else exp(x) - 1, value by value.
 *
 *   out = round(elu((in - zpIn) * scale in) / scale out) + zpOut, clamped to the dtype
 *
 * The table is made of the function in float32, of exp less 1: LiteRT's XNNPACK takes expm1, and its rounding may be
 * another where exp(x) is nearly 0. uint8, for which TensorFlow Lite has no kernel, is computed as int8 is.
 * Source: tflite-micro, micro/kernels/elu.cc.
 */
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

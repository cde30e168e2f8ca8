/**
 * EXP, value by value.
 *
 *   out = round(exp((in - zpIn) * scale in) / scale out) + zpOut, clamped to the dtype
 *
 * A byte has 256 steps for what may span many powers of ten: values far below the largest become 0. Networks have it in
 * front of a normalisation, where that does no harm.
 *
 * tflite-micro's kernel takes float32 alone; for int8 TensorFlow Lite makes a table of the function in float32, and
 * this is that table. uint8, for which there is none, is computed alike.
 *
 * Source: TensorFlow Lite, kernels/internal/common.h, LUTPopulate.
 */
import type { OperatorOf } from '../graph/graph.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type Exp = OperatorOf<'EXP'>;

export const exp: OperatorDefinition<Exp> = {
  ...byteTable<Exp>({
    real: (x) => Math.exp(x),
  }),
  tflite: { options: 33 },
  onnx: {
    Exp: elementwise({ op: 'EXP' }),
  },
  // 0 becomes 1, so that channels of zeros do not stay such.
  nonNegative: 'always',
};

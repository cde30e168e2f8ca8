/**
 * LOGISTIC: 1 / (1 + exp(-x)), value by value. Outputs are probabilities in steps of 1/256, the only ones that
 * TensorFlow Lite's kernels make.
 *
 *   int8   out = logistic of (in - zpIn) * scale in, in Q4.27, to eight bits behind the point, less 128
 *   uint8  out = round(logistic((in - zpIn) * scale in) * 256), a table of the function in float32
 *
 * Source: tflite-micro, kernels/internal/reference/integer_ops/logistic.h; TensorFlow Lite,
 * lite/kernels/activations.cc.
 */
import type { OperatorOf } from '../graph/graph.js';
import { logisticTable } from '../kernels/reference/tables.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import { checkProbabilities, PROBABILITY } from './checks.js';
import type { OperatorDefinition } from './definition.js';

type Logistic = OperatorOf<'LOGISTIC'>;

export const logistic: OperatorDefinition<Logistic> = {
  ...byteTable<Logistic>({
    table: ({ graph, operator }, rounding) => logisticTable(graph, operator, rounding),
    real: (value) => 1 / (1 + Math.exp(-value)),
  }),
  tflite: { options: 0 },
  onnx: { Sigmoid: elementwise({ op: 'LOGISTIC' }) },
  check: checkProbabilities,
  outputMap: PROBABILITY,
  // 0 becomes 1/2, so that channels of zeros do not stay such.
  readsScores: 'one by one',
  nonNegative: 'always',
};

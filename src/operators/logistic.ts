/** LOGISTIC: 1 / (1 + exp(-x)), value by value. Outputs are probabilities in steps of 1/256. */
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
  readsScores: 'one by one',
  nonNegative: 'always',
};

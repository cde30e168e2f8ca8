/** RSQRT: 1 / sqrt(x), value by value. Inputs of 0 and below, at which TFLite stops, give the greatest byte. */
import type { OperatorOf } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { checkMultiplier } from '../graph/refusal.js';
import { rsqrtTable } from '../kernels/reference/scaled-tables.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type Rsqrt = OperatorOf<'RSQRT'>;

export const rsqrt: OperatorDefinition<Rsqrt> = {
  ...byteTable<Rsqrt>({
    real: (x) => 1 / Math.sqrt(x),
    table: ({ input, output }, rounding) => rsqrtTable(input, output, rounding),
  }),
  tflite: { options: 0 },
  check({ operator, input, output }) {
    checkMultiplier(operator, 1 / (Math.sqrt(perTensor(input).scale) * perTensor(output).scale), output);
  },
  nonNegative: 'always',
};

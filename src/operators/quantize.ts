/**
 * QUANTIZE: to another scale and zero point, between int8 and uint8 too; of float32 only at an input of the model, where
 * the host does it.
 */
import type { Graph, OperatorOf } from '../graph/graph.js';
import { unsupported } from '../graph/refusal.js';
import { quantizeFloat } from '../kernels/reference/float-edges.js';
import { quantizeTable } from '../kernels/reference/tables.js';
import { byteTable } from './byte-table.js';
import { checkEightBit, checkRescaling } from './checks.js';
import type { OperatorDefinition, Placed } from './definition.js';
import { FLOAT_EDGES } from './dequantize.js';

type Quantize = OperatorOf<'QUANTIZE'>;

const table = byteTable<Quantize>({
  table: ({ input, output }, rounding) => quantizeTable(input, output, rounding),
  real: (value) => value,
});

export const quantize: OperatorDefinition<Quantize> = {
  ...table,
  tflite: { options: 89, version: () => 1 },
  checkTypes({ operator, input, output }: Placed<Quantize>, graph: Graph) {
    if (input.dtype !== 'float32') checkEightBit(operator, input);
    else if (!graph.inputs.includes(input.index)) {
      throw unsupported(operator)('float32 inside the model', FLOAT_EDGES, 'Quantise the whole model to int8', input);
    }
    checkEightBit(operator, output);
  },
  check(placed) {
    if (placed.input.dtype !== 'float32') checkRescaling(placed);
  },
  run(run) {
    const [from] = run.values;
    if (from instanceof Float32Array) quantizeFloat(from, run.out, run.output);
    else table.run(run);
  },
  lower(lowering, operator) {
    const isEdge = lowering.graph.tensors[operator.inputs[0]].dtype === 'float32';
    if (!isEdge) table.lower(lowering, operator);
  },
  keepsZeros: true,
};

/** LOG, value by value. TFLite makes a table of the function in float32; what is not above 0 becomes the lowest byte. */
import type { OperatorOf } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { byteRange } from '../kernels/reference/prepare.js';
import { floatTable } from '../kernels/reference/tables.js';
import { elementwise } from '../onnx/elementwise.js';
import { byteTable } from './byte-table.js';
import type { OperatorDefinition } from './definition.js';

type Log = OperatorOf<'LOG'>;

export const log: OperatorDefinition<Log> = {
  ...byteTable<Log>({
    real: (x) => Math.log(x),
    table({ input, output }) {
      const { scale, zeroPoint } = perTensor(output);
      const lowest = (byteRange(output.dtype)[0] - zeroPoint) * scale;
      return floatTable(input, output, (x) => (x > 0 ? Math.log(x) : lowest));
    },
  }),
  tflite: { options: 0 },
  onnx: { Log: elementwise({ op: 'LOG' }) },
};

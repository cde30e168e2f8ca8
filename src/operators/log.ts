/**
 * LOG, the natural logarithm, value by value.
 *
 *   out = round(log((in - zpIn) * scale in) / scale out) + zpOut, clamped; the lowest byte for what is not above 0
 *
 * tflite-micro's kernel takes float32 alone; for int8 TensorFlow Lite makes a table of the function in float32, and
 * this is that table. uint8, for which there is none, is computed alike.
 * Source: TensorFlow Lite, lite/kernels/elementwise.cc, LogLUTPrepare.
 */
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

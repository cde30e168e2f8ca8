/** DEQUANTIZE: bytes to float32, only at an output of the model, where the host does it. */
import type { Graph, OperatorOf } from '../graph/graph.js';
import { unsupported } from '../graph/refusal.js';
import { dequantizeToFloat } from '../kernels/reference/float-edges.js';
import { sameChannels } from './channels.js';
import { checkEightBit } from './checks.js';
import type { OperatorDefinition, Placed } from './definition.js';

type Dequantize = OperatorOf<'DEQUANTIZE'>;

/** Where a quantised model may have float32. */
export const FLOAT_EDGES =
  'float32 only where the model begins (input, then QUANTIZE) and ends (DEQUANTIZE, then output)';

export const dequantize: OperatorDefinition<Dequantize> = {
  tflite: { options: 38 },
  inputs: [1, 1],
  anyShape: true,
  checkTypes({ operator, input, output }: Placed<Dequantize>, graph: Graph, read: ReadonlySet<number>) {
    checkEightBit(operator, input);
    if (output.dtype === 'float32' && !read.has(output.index) && graph.outputs.includes(output.index)) return;
    const found = `${output.dtype} inside the model`;
    throw unsupported(operator)(found, FLOAT_EDGES, 'Quantise the whole model to int8', output);
  },
  run: (run) => dequantizeToFloat(run.bytes(0), run.results[0] as Float32Array, run.input),
  lower() {
    // At an output: the host converts.
  },
  links: (placed) => sameChannels(placed),
  keepsZeros: true,
};

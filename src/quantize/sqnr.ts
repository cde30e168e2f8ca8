/** How much noise quantisation adds, layer by layer. */
import { runReference } from '../engines/reference.js';
import type { Graph } from '../graph/graph.js';
import { perTensor } from '../graph/graph.js';
import { runFloat } from './float-run.js';
import { realValues } from './pixels.js';

export interface LayerNoise {
  /** Operator index in the graph. */
  index: number;
  op: string;
  /** Name of the layer's first output. */
  name: string;
  /** 10 log10(signal / noise) in dB over all samples and outputs, the noise of the layers before included; Infinity without noise. */
  sqnr: number;
}

/**
 * Signal to quantisation noise of each operator of `quantized` = quantizeGraph(float, ...). `records` are int8 bytes of
 * its inputs, per record one array for each.
 */
export function measureNoise(float: Graph, quantized: Graph, records: readonly Uint8Array[][]): LayerNoise[] {
  const signal = new Float64Array(float.operators.length);
  const noise = new Float64Array(float.operators.length);
  for (const record of records) {
    const real = record.map((bytes, i) => realValues(bytes, perTensor(quantized.tensors[quantized.inputs[i]])));
    const expected = runFloat(float, real);
    const afterOperator = (operator: number, outputs: Uint8Array[]) => {
      for (const [position, bytes] of outputs.entries()) {
        const output = quantized.tensors[quantized.operators[operator].outputs[position]];
        const values = expected[output.index];
        realValues(bytes, perTensor(output)).forEach((value, i) => {
          signal[operator] += values[i] ** 2;
          noise[operator] += (values[i] - value) ** 2;
        });
      }
    };
    runReference(quantized, record, { afterOperator });
  }
  return float.operators.map(({ index, op, outputs }) => ({
    index,
    op,
    name: float.tensors[outputs[0]].name,
    sqnr: noise[index] === 0 ? Infinity : 10 * Math.log10(signal[index] / noise[index]),
  }));
}

/** Graphs of one operator, for tests with numbers small enough to check by hand. */
import { runReference } from '../../../src/engines/reference.js';
import type { DType, Graph, Operator, OperatorKind, Tensor } from '../../../src/graph/graph.js';
import type { Rounding } from '../../../src/kernels/reference/fixedpoint.js';

export interface TinyTensor {
  shape: number[];
  dtype?: DType;
  /** One, or one per channel. */
  scale?: number | number[];
  zeroPoint?: number;
  /** Of several scales; 0 where it is left out. */
  axis?: number;
  /** Constants: the values. Inputs of the graph have none. */
  data?: number[];
}

const ARRAYS = { int8: Int8Array, uint8: Uint8Array, int32: Int32Array, int64: Int32Array, float32: Float32Array };

function tensor(index: number, t: TinyTensor): Tensor {
  const dtype = t.dtype ?? 'int8';
  const scale = t.scale === undefined || Array.isArray(t.scale) ? t.scale : [t.scale];
  return {
    index,
    name: `t${index}`,
    shape: t.shape,
    dtype,
    quantization: scale && {
      scale: scale.map(Math.fround),
      zeroPoint: scale.map(() => t.zeroPoint ?? 0),
      axis: t.axis ?? 0,
    },
    data: t.data && new ARRAYS[dtype](t.data),
  };
}

/** Tensors are numbered inputs first, then the outputs. */
export function tinyGraph(kind: OperatorKind, inputs: TinyTensor[], ...results: TinyTensor[]): Graph {
  const tensors = [...inputs, ...results].map((t, index) => tensor(index, t));
  const outputs = results.map((_, i) => inputs.length + i);
  const operator = { ...kind, index: 0, inputs: inputs.map((_, i) => i), outputs } as Operator;
  const fed = operator.inputs.filter((i) => !tensors[i].data);
  return { name: 'tiny', tensors, operators: [operator], inputs: fed, outputs };
}

/** Runs the one operator on `values`, one array per tensor without data, and returns the values of the output. */
export function runTiny(graph: Graph, values: number[][], rounding?: Rounding): number[] {
  const bytes = graph.inputs.map((index, i) => {
    return new Uint8Array(new ARRAYS[graph.tensors[index].dtype](values[i]).buffer);
  });
  const [output] = runReference(graph, bytes, { rounding });
  return [...new ARRAYS[graph.tensors[graph.outputs[0]].dtype](output.buffer as ArrayBuffer)];
}

/** The operator of a tiny graph, typed as the caller knows it. */
export const only = <T extends Operator>(graph: Graph): T => graph.operators[0] as T;

/** Float graphs as .tflite files, as TensorFlow's converter writes them: float32, float16 weights, or int8 weights. */
import { elements, type Graph, type Tensor } from '../../../src/graph/graph.js';
import { outputChannel } from '../../../src/graph/weighted.js';
import { place } from '../../../src/operators/definition.js';
import { definitionOf, isWeighted } from '../../../src/operators/index.js';
import { quantizeWeights } from '../../../src/quantize/weights.js';
import { BUILTIN_OPERATORS } from '../../../src/tflite/schema.js';
import { type RawOperator, type RawTensor, rawTflite } from './raw.js';

export type Weights = 'float32' | 'float16' | 'int8';
const FLOAT32 = 0;
const FLOAT16 = 1;
const INT32 = 2;
const INT8 = 9;

const bytes = (data: Tensor['data']) => data && new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

export function floatTflite(graph: Graph, weights: Weights): Uint8Array {
  const tensors = graph.tensors.map(
    ({ name, shape, dtype, data }): RawTensor => ({
      name,
      shape: [...shape],
      type: dtype === 'int32' ? INT32 : FLOAT32,
      data: bytes(data),
    }),
  );
  const operators: RawOperator[] = [];
  for (const operator of graph.operators) {
    const inputs = [...operator.inputs];
    if (isWeighted(operator) && weights === 'float16') {
      for (const position of [1, 2]) inputs[position] = halved(graph.tensors[inputs[position]], tensors, operators);
    }
    if (isWeighted(operator) && weights === 'int8') {
      const filter = graph.tensors[inputs[1]];
      const none = new Float32Array(graph.tensors[inputs[2]].data!.length);
      const isConvolution = operator.op !== 'FULLY_CONNECTED';
      const channelOf = outputChannel(graph, operator);
      const own = quantizeWeights(filter.data as Float32Array, none, channelOf, 1, isConvolution);
      const axis = operator.op === 'DEPTHWISE_CONV_2D' ? 3 : 0;
      const zeroPoint = own.scale.map(() => 0);
      Object.assign(tensors[filter.index], { type: INT8, data: bytes(own.weights), scale: own.scale, zeroPoint, axis });
    }
    const { options, write } = definitionOf(operator).tflite;
    operators.push({
      code: BUILTIN_OPERATORS.indexOf(operator.op),
      inputs,
      outputs: [...operator.outputs],
      optionsType: options,
      options: (builder) => write?.(place(graph, operator), builder) ?? {},
    });
  }
  return rawTflite({ tensors, operators, inputs: [...graph.inputs], outputs: [...graph.outputs] });
}

/** A DEQUANTIZE in front of a reader of constants: the number of its output. */
function halved({ name, shape, data }: Tensor, tensors: RawTensor[], operators: RawOperator[]): number {
  const half = Uint16Array.from(data as Float32Array, toHalf);
  const from = tensors.push({ name: `${name}/half`, shape: [...shape], type: FLOAT16, data: bytes(half as never) }) - 1;
  const to = tensors.push({ name: `${name}/float`, shape: [...shape], type: FLOAT32 }) - 1;
  operators.push({ code: BUILTIN_OPERATORS.indexOf('DEQUANTIZE'), inputs: [from], outputs: [to] });
  return to;
}

/** The nearest float16 (halves of a step go up), of values whose exponent it has. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 1e-9)));
  const steps = Math.round(size * 2 ** (10 - exponent));
  return sign + (exponent === -14 && steps < 1024 ? steps : steps - 1024 + ((exponent + 15) << 10));
}

/** What a float16 keeps of a value. */
export const halfOf = (value: number): number => {
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value) || 1e-9)));
  return (Math.sign(value) * Math.round(Math.abs(value) * 2 ** (10 - exponent))) / 2 ** (10 - exponent);
};

export const valuesIn = (graph: Graph) => elements(graph.tensors[graph.inputs[0]].shape);

/** Folds QuantizeLinear and DequantizeLinear of constants: weights and biases that are integers in the file. */
import { elements } from '../../../graph/graph.js';
import { FLOAT, INT8, type OnnxConstant, type OnnxQuantization, UINT8 } from '../../../onnx/model.js';
import { quantizedType, scales } from '../../../onnx/quantization.js';
import type { NodeTranslation } from '../../../onnx/translate.js';

/** Least and greatest value of the integers that QuantizeLinear makes. */
const RANGE: Readonly<Record<number, readonly [low: number, high: number]>> = {
  [INT8]: [-128, 127],
  [UINT8]: [0, 255],
};

/** Real values of integers; what the integers were is kept with them, for layers that compute with integers again. */
export function dequantize(node: NodeTranslation, inputs: readonly OnnxConstant[]): OnnxConstant {
  const { shape, values, type } = inputs[0];
  if (values instanceof Float32Array || type === undefined)
    throw node.invalid('real values', 'integers of a known type');
  const quantization = { ...scales(node, inputs), type };
  const channelOf = channels(shape, quantization);
  const real = Float32Array.from(values, (value, i) => {
    const channel = channelOf(i);
    return (value - quantization.zeroPoint[channel]) * quantization.scale[channel];
  });
  return { shape, values: real, type: FLOAT, quantization };
}

/** Rounded to the nearest integer, halves to even, and clamped, as ONNX has it. */
export function quantize(node: NodeTranslation, inputs: readonly OnnxConstant[]): OnnxConstant {
  const { shape, values } = inputs[0];
  const quantization = scales(node, inputs);
  const type = quantizedType(node, inputs[2]);
  const [low, high] = RANGE[type];
  const channelOf = channels(shape, quantization);
  const integers = Array.from(values, (value, i) => {
    const channel = channelOf(i);
    const rounded = roundHalfToEven(Math.fround(value / quantization.scale[channel]));
    return Math.max(low, Math.min(high, rounded + quantization.zeroPoint[channel]));
  });
  return { shape, values: integers, type };
}

/** Which scale a value has, by its position. */
function channels(shape: readonly number[], { scale, axis }: Pick<OnnxQuantization, 'scale' | 'axis'>) {
  if (scale.length === 1) return () => 0;
  const inner = elements(shape.slice(axis + 1));
  return (position: number) => Math.floor(position / inner) % scale.length;
}

function roundHalfToEven(value: number): number {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

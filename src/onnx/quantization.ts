/** Scales and zero points of ONNX, as QuantizeLinear and DequantizeLinear state them. */
import type { Quantization } from '../graph/graph.js';
import { INT8, type OnnxConstant, type OnnxQuantization, UINT8 } from './model.js';
import type { NodeTranslation } from './translate.js';

/** The type that a zero point, or an attribute, gives the integers of QuantizeLinear; uint8 where there is neither. */
export function quantizedType(node: NodeTranslation, zeroPoint: OnnxConstant | undefined): number {
  const given = zeroPoint !== undefined && zeroPoint.values.length > 0;
  const type = given ? zeroPoint.type : node.int('output_dtype', 0) || UINT8;
  if (type === INT8 || type === UINT8) return type;
  throw node.unsupported(`integers of type ${type ?? 'unknown'}`, `int8 (${INT8}) and uint8 (${UINT8})`);
}

/** Input 1 and 2 of either node: a scale and a zero point, or one of each along an axis of `inputs[0]`. */
export function scales(
  node: NodeTranslation,
  [{ shape }, scale, zeroPoint]: readonly OnnxConstant[],
): Omit<OnnxQuantization, 'type'> {
  if (node.int('block_size', 0) !== 0) throw node.unsupported('scales by block', 'one scale, or one by channel');
  const given = zeroPoint !== undefined && zeroPoint.values.length > 0;
  const values = Array.from(scale?.values ?? []);
  const zeros = given ? Array.from(zeroPoint.values) : values.map(() => 0);
  if (values.length === 0 || values.some((value) => !(value > 0 && Number.isFinite(value)))) {
    throw node.invalid(`scale ${values.slice(0, 8)}`, 'scales above 0 and finite', node.node.inputs[1]);
  }
  if (zeros.length !== values.length) {
    throw node.invalid(`${values.length} scales, ${zeros.length} zero points`, 'as many of each', node.node.inputs[2]);
  }
  if (values.length === 1) return { scale: values, zeroPoint: zeros, axis: 0 };
  const axis = node.axis(node.int('axis', 1), shape.length);
  if (shape[axis] !== values.length) {
    throw node.invalid(`${values.length} scales along axis ${axis} of [${shape}]`, 'one for each channel');
  }
  return { scale: values, zeroPoint: zeros, axis };
}

/** Quantisation of the bytes of either type once 128 is taken from those of uint8. */
export function asInt8(node: NodeTranslation, { scale, zeroPoint, axis, type }: OnnxQuantization): Quantization {
  if (type !== INT8 && type !== UINT8) {
    throw node.unsupported(`integers of type ${type}`, `int8 (${INT8}) and uint8 (${UINT8})`);
  }
  return { scale, zeroPoint: zeroPoint.map((value) => (type === UINT8 ? value - 128 : value)), axis };
}

/**
 * Quantisation of a filter whose output channels are axis `from` in ONNX and axis `to` here; undefined where it is no
 * integers.
 */
export function filterQuantization(
  node: NodeTranslation,
  { quantization }: OnnxConstant,
  from: number,
  to: number,
): Quantization | undefined {
  if (!quantization || (quantization.scale.length > 1 && quantization.axis !== from)) return undefined;
  return { ...asInt8(node, quantization), axis: to };
}

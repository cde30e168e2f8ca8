/**
 * QuantizeLinear and DequantizeLinear around activations, as ONNX Runtime's quantize_static and PyTorch write them: the
 * tensor between them is one and the same, with a scale and zero point of its own.
 */
import type { Quantization, Tensor } from '../../graph/graph.js';
import { type OnnxConstant, UINT8 } from '../../onnx/model.js';
import { asInt8, quantizedType, scales } from '../../onnx/quantization.js';
import type { NodeTranslation } from '../../onnx/translate.js';

/** A second scale for the same values makes another tensor of them. */
export function translateQuantizeLinear(node: NodeTranslation): void {
  const input = node.anyActivation();
  const type = quantizedType(node, node.constant(2));
  const own = scaleOf(node, type);
  node.finishIntegers(type);
  const last = node.isChannelsLast();
  if (!input.quantization) node.finish(node.quantize(input, own), last);
  else if (isSame(input, own)) node.finish(input, last);
  else node.finish(node.quantize(node.write({ op: 'QUANTIZE' }, [input.index], input.shape), own), last);
}

/** Values come from a QuantizeLinear, through operators that leave them as they are or not, or into the model as integers. */
export function translateDequantizeLinear(node: NodeTranslation): void {
  const input = node.anyActivation();
  const type = node.constant(2)?.type ?? node.integerType() ?? UINT8;
  const own = scaleOf(node, type);
  if (input.quantization && !isSame(input, own)) {
    throw node.unsupported('another scale or zero point than the values were quantised with', 'the same', input.name);
  }
  node.finish(node.quantize(input, own), node.isChannelsLast());
}

/** Scale and zero point of an activation, the integers as int8. */
function scaleOf(node: NodeTranslation, type: number): Quantization {
  const constants = [{ shape: node.onnxShape(0), values: [] }, node.constant(1), node.constant(2)];
  const stated = scales(node, constants as OnnxConstant[]);
  if (stated.scale.length > 1) {
    throw node.unsupported(`an activation with ${stated.scale.length} scales`, 'one scale and zero point');
  }
  return asInt8(node, { ...stated, type });
}

function isSame({ quantization }: Tensor, { scale, zeroPoint }: Quantization): boolean {
  return quantization?.scale[0] === scale[0] && quantization.zeroPoint[0] === zeroPoint[0];
}

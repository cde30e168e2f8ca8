/**
 * RELU_0_TO_1: min(max(x, 0), 1), value by value.
 *
 *   out = min(max((in - zpIn) * scale in / scale out, 0), 1 / scale out) + zpOut, clamped to the dtype
 *
 * No layer has it as its own activation in a file; where both tensors are quantised alike the layer before takes it in
 * all the same. ONNX has it as a Clip, which finds it by its bounds, and as the end of HardSigmoid.
 * Source: TensorFlow Lite, lite/kernels/activations.cc, QuantizedReluX. tflite-micro has none.
 */
import type { OperatorOf } from '../graph/graph.js';
import { writeAffine } from '../onnx/affine.js';
import type { NodeTranslation } from '../onnx/translate.js';
import { clamp } from './clamp.js';
import type { OperatorDefinition } from './definition.js';

export const relu0To1: OperatorDefinition<OperatorOf<'RELU_0_TO_1'>> = {
  ...clamp([0, 1]),
  tflite: { options: 0, version: () => 1 },
  onnx: { HardSigmoid: { translate: translateHardSigmoid } },
  nonNegative: 'always',
  keepsZeros: true,
};

/** min(max(alpha * x + beta, 0), 1): a factor and a shift, which the layer in front takes in, and the bounds. */
function translateHardSigmoid(node: NodeTranslation): void {
  const input = node.anyActivation();
  const channels = input.shape[input.shape.length - 1];
  const every = (value: number) => new Float32Array(channels).fill(value);
  const [alpha, beta] = [node.float('alpha', Math.fround(0.2)), node.float('beta', 0.5)];
  const scaled = writeAffine(node, input, every(alpha), every(beta), `${node.node.outputs[0]}:scaled`);
  node.finish(node.write({ op: 'RELU_0_TO_1' }, [scaled.index], input.shape), node.isChannelsLast());
}

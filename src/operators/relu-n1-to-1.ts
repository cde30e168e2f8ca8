/**
 * RELU_N1_TO_1: min(max(x, -1), 1), value by value.
 *
 * Values outside become the nearest bound. TensorFlow's converter makes it of a minimum and a maximum.
 *
 *   out = min(max((in - zpIn) * scale in / scale out, -1 / scale out), 1 / scale out) + zpOut, clamped to the dtype
 *
 * A layer with weights that stands before it and clamps anyway takes it in where both tensors are quantised alike: then
 * it costs nothing. Elsewhere it is a table. ONNX has it as a Clip, which finds it by its bounds
 * (src/import/onnx/bounds.ts); in a float model it becomes the activation of the layer before
 * (src/quantize/simplify.ts).
 *
 * tflite-micro knows it only as the activation of a layer.
 * Source: TensorFlow Lite, lite/kernels/activations.cc, QuantizedReluX.
 */
import type { OperatorOf } from '../graph/graph.js';
import { clamp } from './clamp.js';
import type { OperatorDefinition } from './definition.js';

export const reluN1To1: OperatorDefinition<OperatorOf<'RELU_N1_TO_1'>> = {
  // Exact arithmetic, float arithmetic, lowering and channels follow from the bounds.
  ...clamp([-1, 1]),
  tflite: {
    options: 0,
    version: () => 1,
  },
  nonNegative: 'from inputs',
  // Dead channels of a network that was never calibrated stay dead.
  keepsZeros: true,
};

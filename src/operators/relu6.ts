/**
 * RELU6: min(max(x, 0), 6), value by value; what MobileNetV1 and V2 have behind every layer but the last.
 *
 * Its bound is what keeps 8 bits enough there: activations beyond it would need a coarser scale.
 *
 *   out = min(max((in - zpIn) * scale in / scale out, 0), 6 / scale out) + zpOut, clamped to the dtype
 *
 * A layer with weights that stands before it and clamps anyway takes it in where both tensors are quantised alike: then
 * it costs nothing. Elsewhere it is a table. ONNX has it as a Clip, which finds it by its bounds
 * (src/import/onnx/bounds.ts).
 *
 * tflite-micro's kernel never rescales; TensorFlow Lite's does, and so does this one. They agree where input and output
 * have the same scale and zero point.
 * Source: tflite-micro, micro/kernels/activations.h, and TensorFlow Lite, lite/kernels/activations.cc.
 */
import type { OperatorOf } from '../graph/graph.js';
import { clamp } from './clamp.js';
import type { OperatorDefinition } from './definition.js';

export const relu6: OperatorDefinition<OperatorOf<'RELU6'>> = {
  // Exact arithmetic, float arithmetic, lowering and channels follow from the bounds.
  ...clamp([0, 6]),
  tflite: {
    options: 0,
  },
  // Padding of a maximum that reads it may be zeros.
  nonNegative: 'always',
  // Dead channels of a network that was never calibrated stay dead.
  keepsZeros: true,
};

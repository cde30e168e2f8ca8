/**
 * RELU: max(x, 0), value by value.
 *
 *   out = max((in - zpIn) * scale in / scale out, 0) + zpOut, clamped to the dtype
 *
 * A layer with weights that stands before it and clamps anyway takes it in where both tensors are quantised alike: then
 * it costs nothing. Elsewhere it is a table. In a float model it becomes the activation of the layer before
 * (src/quantize/simplify.ts).
 *
 * Source: tflite-micro, micro/kernels/activations.h, and TensorFlow Lite, lite/kernels/activations.cc.
 */
import type { OperatorOf } from '../graph/graph.js';
import { elementwise } from '../onnx/elementwise.js';
import { clamp } from './clamp.js';
import type { OperatorDefinition } from './definition.js';

export const relu: OperatorDefinition<OperatorOf<'RELU'>> = {
  // Exact arithmetic, float arithmetic, lowering and channels follow from the bounds.
  ...clamp([0, Infinity]),
  tflite: {
    options: 0,
    // Version 2 is that of int8 and uint8, 1 that of float32.
    version: () => 2,
  },
  onnx: { Relu: elementwise({ op: 'RELU' }) },
  // Padding of a maximum that reads it may be zeros.
  nonNegative: 'always',
  // Dead channels of a network that was never calibrated stay dead.
  keepsZeros: true,
};

/** RELU: max(x, 0), value by value; part of the layer before where that one may clamp. */
import type { OperatorOf } from '../graph/graph.js';
import { elementwise } from '../onnx/elementwise.js';
import { clamp } from './clamp.js';
import type { OperatorDefinition } from './definition.js';

export const relu: OperatorDefinition<OperatorOf<'RELU'>> = {
  ...clamp([0, Infinity]),
  tflite: { options: 0, version: () => 2 },
  onnx: { Relu: elementwise({ op: 'RELU' }) },
  nonNegative: 'always',
  keepsZeros: true,
};

/** RELU_N1_TO_1: min(max(x, -1), 1), value by value; part of the layer before where that one may clamp. */
import type { OperatorOf } from '../graph/graph.js';
import { clamp } from './clamp.js';
import type { OperatorDefinition } from './definition.js';

export const reluN1To1: OperatorDefinition<OperatorOf<'RELU_N1_TO_1'>> = {
  ...clamp([-1, 1]),
  tflite: { options: 0, version: () => 1 },
  nonNegative: 'from inputs',
  keepsZeros: true,
};

/** RELU6: min(max(x, 0), 6), value by value; part of the layer before where that one may clamp. */
import type { OperatorOf } from '../graph/graph.js';
import { clamp } from './clamp.js';
import type { OperatorDefinition } from './definition.js';

export const relu6: OperatorDefinition<OperatorOf<'RELU6'>> = {
  ...clamp([0, 6]),
  tflite: { options: 0 },
  nonNegative: 'always',
  keepsZeros: true,
};

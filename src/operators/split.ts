/**
 * SPLIT: an axis in pieces of one length, each of them an output.
 * input of any shape, axis: a constant, counted from the last one if negative. There are as many pieces as outputs.
 */
import type { OperatorOf } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import type { OperatorDefinition } from './definition.js';
import { axisOf, checkAxis, piecesOptions, splitter } from './pieces.js';

type Split = OperatorOf<'SPLIT'>;

export const split: OperatorDefinition<Split> = {
  ...splitter<Split>((placed) => {
    const { input, inputs, outputs } = placed;
    const axis = axisOf(placed, inputs[1]);
    return { axis, lengths: outputs.map(() => input.shape[axis] / outputs.length) };
  }),
  tflite: {
    ...piecesOptions(35),
    // The file has the axis first.
    order: [1, 0],
  },
  inputs: [2, 2],
  check(placed) {
    const { operator, input, inputs, outputs } = placed;
    checkAxis(placed, inputs[1]);
    const length = input.shape[axisOf(placed, inputs[1])];
    if (length % outputs.length === 0) return;
    throw invalid(operator)(`${length} places of an axis in ${outputs.length} outputs`, 'pieces of one length');
  },
};

/** PADV2: a given value around a map, along any axis. The value is a byte of the map's own scale and zero point. */
import type { OperatorOf } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { invalid, unsupported } from '../graph/refusal.js';
import { checkSameQuantization } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { checkPaddings, padder } from './padded.js';

type PadV2 = OperatorOf<'PADV2'>;

export const padV2: OperatorDefinition<PadV2> = {
  ...padder<PadV2>(({ inputs: [, value] }) => value.data![0]),
  tflite: {
    options: 43,
    // The file has the paddings before the value.
    order: [0, 2, 1],
  },
  inputs: [3, 3],
  activations: 2,
  constantActivations: true,
  check(placed) {
    const { operator, inputs } = placed;
    const [input, value] = inputs;
    if (input.data || !value.data) {
      const found = input.data ? 'a constant as input' : 'a value that is computed while the model runs';
      throw unsupported(operator)(
        found,
        'an activation, padded with a constant',
        undefined,
        input.data ? input : value,
      );
    }
    if (elements(value.shape) !== 1) {
      throw invalid(operator)(`a value of shape [${value.shape}]`, 'one value', undefined, value);
    }
    checkPaddings(placed);
    checkSameQuantization(operator, value, placed.output);
  },
};

/** CONV_2D: input [1,H,W,C], filter [O,KH,KW,C / groups], bias [O]?. */
import type { OperatorOf } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { conv } from '../kernels/reference/conv.js';
import { convParameters } from '../kernels/reference/prepare.js';
import { activationField, dilationFields, windowFields } from '../tflite/options.js';
import { convolutionOf } from './convolution.js';
import type { OperatorDefinition, Placed } from './definition.js';
import { biasOf, filterError } from './filter.js';
import { translateConv } from './translate-conv.js';

export const CONV_OPTIONS = {
  padding: 0,
  strideW: 1,
  strideH: 2,
  activation: 3,
  dilationW: 4,
  dilationH: 5,
} as const;

type Conv2d = OperatorOf<'CONV_2D'>;

export const conv2d: OperatorDefinition<Conv2d> = {
  ...convolutionOf(checkFilter),
  tflite: {
    options: 1,
    read(options) {
      return {
        activation: options.activation(CONV_OPTIONS.activation),
        ...options.window(CONV_OPTIONS),
        ...options.dilation(CONV_OPTIONS),
      };
    },
    write: ({ operator }) => ({
      ...windowFields(CONV_OPTIONS, operator),
      ...dilationFields(CONV_OPTIONS, operator),
      [CONV_OPTIONS.activation]: activationField(operator.activation),
    }),
    version: ({ input }) => (input.dtype === 'int8' ? 3 : 1),
  },
  onnx: { Conv: { translate: translateConv } },
  macs({ inputs: [, filter], output }) {
    const [, kernelH, kernelW, channels] = filter.shape;
    return elements(output.shape) * kernelH * kernelW * channels;
  },
  run(run) {
    const p = convParameters(run.graph, run.operator);
    conv(run.bytes(0), run.bytes(1), biasOf(run), run.out, p, run.rounding);
  },
};

/** Its channels are those of the input, or of one of several groups, of which each makes as many outputs. */
function checkFilter(placed: Placed<Conv2d>): void {
  const [input, { shape }] = placed.inputs;
  const channels = input.shape[3];
  const groups = channels / shape[3];
  if (!Number.isInteger(groups)) throw filterError(placed)(`${channels} input channels`);
  if (shape[0] % groups) throw filterError(placed)(`outputs in ${groups} groups`);
}

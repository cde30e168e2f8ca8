/** CONV_2D: input [1,H,W,C], filter [O,KH,KW,C / groups], bias [O]?. */
import type { OperatorOf } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { conv } from '../kernels/reference/conv.js';
import { convParameters } from '../kernels/reference/prepare.js';
import { activationField, dilationFields, windowFields } from '../tflite/options.js';
import { convolutionOf } from './convolution.js';
import type { OperatorDefinition } from './definition.js';
import { biasOf } from './filter.js';
import { translateConv } from './translate-conv.js';

export const CONV_OPTIONS = {
  padding: 0,
  strideW: 1,
  strideH: 2,
  activation: 3,
  dilationW: 4,
  dilationH: 5,
} as const;

export const conv2d: OperatorDefinition<OperatorOf<'CONV_2D'>> = {
  ...convolutionOf(0),
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

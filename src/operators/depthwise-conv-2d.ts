/** DEPTHWISE_CONV_2D: input [1,H,W,C], filter [1,KH,KW,C * depth multiplier], bias?. */
import type { OperatorOf } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { depthwise } from '../kernels/reference/depthwise.js';
import { convParameters } from '../kernels/reference/prepare.js';
import { activationField, dilationFields, windowFields } from '../tflite/options.js';
import { convolutionOf } from './convolution.js';
import type { OperatorDefinition, Placed } from './definition.js';
import { biasOf, filterError } from './filter.js';

const OPTIONS = {
  padding: 0,
  strideW: 1,
  strideH: 2,
  depthMultiplier: 3,
  activation: 4,
  dilationW: 5,
  dilationH: 6,
} as const;

type DepthwiseConv2d = OperatorOf<'DEPTHWISE_CONV_2D'>;

export const depthwiseConv2d: OperatorDefinition<DepthwiseConv2d> = {
  ...convolutionOf(checkFilter),
  tflite: {
    options: 2,
    read(options) {
      const [input, filter] = options.inputs;
      // The field depth_multiplier is redundant, and TFLite no longer reads it: the shapes say it.
      const depthMultiplier = (filter?.shape[3] ?? 0) / (input?.shape[3] ?? 1);
      return {
        activation: options.activation(OPTIONS.activation),
        depthMultiplier,
        ...options.window(OPTIONS),
        ...options.dilation(OPTIONS),
      };
    },
    write: ({ operator }) => ({
      ...windowFields(OPTIONS, operator),
      ...dilationFields(OPTIONS, operator),
      [OPTIONS.depthMultiplier]: { int32: operator.depthMultiplier },
      [OPTIONS.activation]: activationField(operator.activation),
    }),
    version: ({ input }) => (input.dtype === 'int8' ? 3 : 1),
  },
  macs({ inputs: [, filter], output }) {
    const [, kernelH, kernelW] = filter.shape;
    return elements(output.shape) * kernelH * kernelW;
  },
  run(run) {
    const p = convParameters(run.graph, run.operator);
    depthwise(run.bytes(0), run.bytes(1), biasOf(run), run.out, p, run.rounding);
  },
};

/** Groups: as many channels as outputs. */
function checkFilter(placed: Placed<DepthwiseConv2d>): void {
  const { depthMultiplier: multiplier } = placed.operator;
  const [{ shape: input }, { shape }] = placed.inputs;
  if (shape[0] === 1 && Number.isInteger(multiplier) && shape[3] === input[3] * multiplier) return;
  throw filterError(placed)(`[1, height, width, ${input[3]} * depth multiplier ${multiplier}]`);
}

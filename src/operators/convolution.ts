/**
 * What CONV_2D and DEPTHWISE_CONV_2D share: the checks of window and filter, the output's shape, float arithmetic,
 * lowering, and that a padding before them can be theirs.
 */
import type { ConvolutionOperator } from '../graph/window.js';
import { extents, windowShape } from '../graph/window.js';
import { convolve } from '../kernels/float/convolve.js';
import { convParameters } from '../kernels/reference/prepare.js';
import { lowerConvolution } from '../lower/convolution.js';
import type { Lowering } from '../lower/lowering.js';
import { checkWindow } from './checks.js';
import type { FloatRun, Placed } from './definition.js';
import { checkWeights, weighted } from './filter.js';

/** All of a definition but options, cost and exact arithmetic. `axis`: that of the output channels in the filter. */
export const convolutionOf = (axis: 0 | 3) =>
  ({
    ...weighted,
    check(placed: Placed<ConvolutionOperator>) {
      const { dilationH = 1, dilationW = 1 } = placed.operator;
      checkWindow(placed, [dilationH, dilationW]);
      checkWeights(placed);
    },
    shape: ({ operator, input, inputs: [, { shape }] }: Placed<ConvolutionOperator>) =>
      windowShape(operator, input, extents([shape[1], shape[2]], operator), shape[axis]),
    runFloat: ({ operator, inputs, output, values, out }: FloatRun<ConvolutionOperator>) =>
      convolve(operator, inputs, output, values, out),
    lower: (lowering: Lowering, operator: ConvolutionOperator) =>
      lowerConvolution(lowering, operator, convParameters(lowering.graph, operator)),
    takesPadding: ({ padding }: ConvolutionOperator) => padding === 'valid',
  }) as const;

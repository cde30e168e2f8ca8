/**
 * What convolutions share whose window slides over the input: the checks of window and filter, the output's shape, float arithmetic,
 * lowering, and that a padding before them can be theirs.
 */

import type { ConvolutionOperator } from '../graph/graph.js';
import { filterAxis } from '../graph/weighted.js';
import { extents, reachesOver, windowShape } from '../graph/window.js';
import { convolve } from '../kernels/float/convolve.js';
import { windowPixels } from '../kernels/float/windows.js';
import { convParameters } from '../kernels/reference/prepare.js';
import { lowerConvolution } from '../lower/convolution.js';
import type { Lowering } from '../lower/lowering.js';
import { checkWindow } from './checks.js';
import type { FloatRun, Placed } from './definition.js';
import { checkMapFilter, checkWeights, weighted } from './filter.js';

/** All of a definition but options, cost and exact arithmetic. `checkFilter`: of its shape, which has four dimensions. */
export const convolutionOf = <O extends ConvolutionOperator>(checkFilter: (placed: Placed<O>) => void) => ({
  ...weighted,
  check(placed: Placed<O>) {
    const { dilationH = 1, dilationW = 1 } = placed.operator;
    checkWindow(placed, [dilationH, dilationW]);
    checkMapFilter(placed);
    checkFilter(placed);
    checkWeights(placed);
  },
  shape: ({ operator, input, inputs: [, { shape }] }: Placed<O>) =>
    windowShape(operator, input, extents([shape[1], shape[2]], operator), shape[filterAxis(operator)]),
  runFloat: ({ operator, inputs, output, values, out }: FloatRun<O>) =>
    convolve(windowPixels, operator, inputs, output, values, out),
  filter: {
    pixels: windowPixels,
    isPartial: ({ operator, input, inputs: [, { shape }] }: Placed<O>) =>
      reachesOver(operator, input, shape.slice(1, 3)),
    factors: convParameters,
  },
  lower: (lowering: Lowering, operator: O) =>
    lowerConvolution(lowering, operator, convParameters(lowering.graph, operator)),
  takesPadding: ({ padding }: O) => padding === 'valid',
});

/** TRANSPOSE_CONV: input [1,H,W,C], filter [O,KH,KW,C], bias [O]?; the file has the output's shape in front of them. */
import type { OperatorOf } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { invalid } from '../graph/refusal.js';
import { convolve } from '../kernels/float/convolve.js';
import { scatteredPixels } from '../kernels/float/windows.js';
import { transposeConvParameters } from '../kernels/reference/prepare.js';
import { transposeConv as transposed } from '../kernels/reference/transpose-conv.js';
import { lowerTransposed } from '../lower/convolution.js';
import { activationField, windowFields } from '../tflite/options.js';
import { checkWindow, int32Values } from './checks.js';
import type { OperatorDefinition } from './definition.js';
import { biasOf, checkMapFilter, checkWeights, filterError, weighted } from './filter.js';
import { translateConvTranspose } from './translate-conv-transpose.js';

const OPTIONS = { padding: 0, strideW: 1, strideH: 2, activation: 3 } as const;

export const transposeConv: OperatorDefinition<OperatorOf<'TRANSPOSE_CONV'>> = {
  ...weighted,
  tflite: {
    options: 49,
    order: [2, 1, 3, 0],
    read: (options) => ({ activation: options.activation(OPTIONS.activation), ...options.window(OPTIONS) }),
    write: ({ operator }) => ({
      ...windowFields(OPTIONS, operator),
      [OPTIONS.activation]: activationField(operator.activation),
    }),
    version: ({ operator, inputs: [input, , bias] }) =>
      operator.activation !== 'none' ? 4 : bias ? 3 : input.dtype === 'int8' ? 2 : 1,
  },
  onnx: {
    ConvTranspose: {
      translate: (node) => translateConvTranspose(node, (window) => ({ op: 'TRANSPOSE_CONV', ...window })),
    },
  },
  inputs: [2, 4],
  parameters: ({ inputs }) => inputs.slice(1, 3).filter((index) => index >= 0),
  check(placed) {
    const { operator, inputs, output } = placed;
    const [input, filter, , shape] = inputs;
    checkWindow(placed);
    checkMapFilter(placed);
    if (filter.shape[3] !== input.shape[3]) throw filterError(placed)(`${input.shape[3]} input channels`);
    checkWeights(placed);
    if (output.shape.length !== 4 || output.shape[3] !== filter.shape[0]) {
      throw invalid(operator)(`an output [${output.shape}]`, `a map of ${filter.shape[0]} channels`, undefined, output);
    }
    const stated = shape && [...int32Values(operator, shape).subarray(0, 8)];
    if (stated && String(stated) !== String(output.shape)) {
      throw invalid(operator)(`shape [${stated}]`, `the output's [${output.shape}]`, undefined, shape);
    }
  },
  /** The file says height and width. */
  shape: ({ output }) => output.shape,
  macs: ({ input, inputs: [, filter] }) => (elements(input.shape) / input.shape[3]) * elements(filter.shape),
  run(run) {
    const p = transposeConvParameters(run.graph, run.operator);
    transposed(run.bytes(0), run.bytes(1), biasOf(run), run.out, p, run.rounding);
  },
  runFloat: ({ operator, inputs, output, values, out }) =>
    convolve(scatteredPixels, operator, inputs, output, values, out),
  // Where an output stands between the input's pixels says which part of the window it meets.
  filter: { pixels: scatteredPixels, isPartial: () => true, factors: transposeConvParameters },
  lower: (lowering, operator) => lowerTransposed(lowering, operator, transposeConvParameters(lowering.graph, operator)),
};

/** FULLY_CONNECTED: rows of inputs [..., I], filter [O,I], bias [O]?; any input is taken as rows. */
import type { OperatorOf } from '../graph/graph.js';
import { elements } from '../graph/graph.js';
import { MAX_DIMENSION, unsupported } from '../graph/refusal.js';
import { rowPixels } from '../kernels/float/windows.js';
import { fullyConnected as fullyConnect } from '../kernels/reference/fully-connected.js';
import { fullyConnectedParameters } from '../kernels/reference/prepare.js';
import { lowerFullyConnected } from '../lower/convolution.js';
import { activationField } from '../tflite/options.js';
import type { FloatRun, OperatorDefinition, Placed } from './definition.js';
import { biasOf, checkWeights, filterError, weighted } from './filter.js';
import { translateGemm, translateMatMul } from './translate-gemm.js';

type FullyConnected = OperatorOf<'FULLY_CONNECTED'>;

export const FULLY_CONNECTED_OPTIONS = { activation: 0, weightsFormat: 1, keepNumDims: 2 } as const;

/** Whether the leading dimensions of the input are kept instead of being made one. */
const keepsDimensions = ({ output }: Placed<FullyConnected>): boolean => output.shape.length !== 2;

export const fullyConnected: OperatorDefinition<FullyConnected> = {
  ...weighted,
  tflite: {
    options: 8,
    read(options) {
      const format = options.int8(FULLY_CONNECTED_OPTIONS.weightsFormat);
      if (format !== 0) throw options.unsupported(`shuffled weights (format ${format})`, 'format DEFAULT');
      return { activation: options.activation(FULLY_CONNECTED_OPTIONS.activation) };
    },
    write: (placed) => ({
      [FULLY_CONNECTED_OPTIONS.activation]: activationField(placed.operator.activation),
      [FULLY_CONNECTED_OPTIONS.keepNumDims]: { int8: keepsDimensions(placed) ? 1 : 0 },
    }),
    version(placed) {
      if ((placed.operator.inputs[2] ?? -1) < 0) return 6;
      if (keepsDimensions(placed)) return 5;
      return placed.input.dtype === 'int8' ? 4 : 1;
    },
  },
  onnx: {
    Gemm: { translate: translateGemm, rows: 'sorted' },
    MatMul: { translate: translateMatMul, rows: 'sorted' },
  },
  check(placed) {
    checkFilter(placed);
    checkWeights(placed, true);
  },
  filter: { pixels: rowPixels, factors: fullyConnectedParameters, hasOneScale: true },
  shape({ input, inputs: [, filter], output }) {
    const [outputs, inputs] = filter.shape;
    const rows = elements(input.shape) / inputs;
    // Rows may have further dimensions.
    const isRows = output?.shape.at(-1) === outputs && elements(output.shape) === rows * outputs;
    return isRows ? output.shape : [rows, outputs];
  },
  macs: ({ inputs: [, filter], output }) => elements(output.shape) * filter.shape[1],
  run(run) {
    const p = fullyConnectedParameters(run.graph, run.operator);
    fullyConnect(run.bytes(0), run.bytes(1), biasOf(run), run.out, p, run.rounding);
  },
  runFloat,
  lower: lowerFullyConnected,
  anyShape: true,
  // One row, of which each value meets a weight of its own.
  takesOrder: ({ input, inputs: [, filter] }) => elements(input.shape) === filter.shape[1],
};

function checkFilter(placed: Placed<FullyConnected>): void {
  const [input, { shape }] = placed.inputs;
  const size = elements(input.shape);
  if (shape.length !== 2) throw filterError(placed)('a filter of two dimensions, outputs and inputs');
  if (size % shape[1]) throw filterError(placed)(`${size} inputs`);
  // A layer over rows is one over pixels: rows must not cut through the channels of a map.
  if (shape[1] !== size && shape[1] !== input.shape.at(-1)) {
    const expected = `filters over all ${size} inputs or over the last dimension`;
    throw filterError(placed)(expected, unsupported, 'Reshape the input first');
  }
  if (shape.some((dim) => dim > MAX_DIMENSION)) {
    throw filterError(placed)(`${MAX_DIMENSION} inputs and outputs`, unsupported);
  }
}

/** Each row of inputs gives a row of outputs. */
function runFloat({ inputs: [, filter], values: [input, weights, bias], out }: FloatRun<FullyConnected>): void {
  const [outputs, inputs] = filter.shape;
  for (let i = 0; i < out.length; i++) {
    const o = i % outputs;
    const row = ((i - o) / outputs) * inputs;
    let sum = bias?.[o] ?? 0;
    for (let k = 0; k < inputs; k++) sum += input[row + k] * weights[o * inputs + k];
    out[i] = sum;
  }
}

/**
 * Runs a float32 graph, plainly: the specification that calibration, signal-to-noise figures and tests rely on. Sums
 * are double, results float32.
 */

import { DepthwiseError } from '../errors.js';
import type { Activation, Graph, Operator, OperatorOf, Tensor } from '../graph/graph.js';
import { elements, hwc, where } from '../graph/graph.js';
import { unreachable } from '../graph/refusal.js';
import { concatenationAxis, windowGeometry } from '../graph/shapes.js';
import { ownMap } from './own-scales.js';

/**
 * One inference. `inputs` are the values of the graph's inputs, in order, NHWC; the result is every tensor's values by
 * index (constants included). Throws INPUT_SIZE, and MODEL_UNSUPPORTED for operators without a float kernel.
 */
export function runFloat(graph: Graph, inputs: readonly Float32Array[]): Float32Array[] {
  const values = graph.tensors.map(({ data }) => data as Float32Array);
  graph.inputs.forEach((index, i) => {
    const { name, shape } = graph.tensors[index];
    if (inputs[i]?.length !== elements(shape)) {
      throw new DepthwiseError(
        'INPUT_SIZE',
        `Input ${i} "${name}" has ${inputs[i]?.length ?? 0} values, expected ${elements(shape)} ([${shape}]).`,
      );
    }
    values[index] = rounded(graph.tensors[index], inputs[i]);
  });
  return continueFloat(graph, values, 0);
}

/**
 * The operators from `from` to before `to`, on the values that the others before left: a copy of `before` with their
 * outputs in place. Constants are those of `graph`.
 */
export function continueFloat(
  graph: Graph,
  before: readonly Float32Array[],
  from: number,
  to = graph.operators.length,
): Float32Array[] {
  const values = graph.tensors.map(({ data }, index) => (data as Float32Array) ?? before[index]);
  for (const operator of graph.operators.slice(from, to)) {
    const output = graph.tensors[operator.outputs[0]];
    const out = new Float32Array(elements(output.shape));
    runOperator(graph, operator, values, out);
    if ('activation' in operator) activate(operator.activation, out);
    values[output.index] = rounded(output, out);
  }
  return values;
}

/** `values` as the int8 ones tell them that the tensor brings along, if it does: rounded, and clamped to what they can hold. */
function rounded(tensor: Tensor, values: Float32Array): Float32Array {
  const own = ownMap(tensor);
  if (!own) return values;
  const { scale, zeroPoint } = own;
  return values.map((value) => {
    const int8 = Math.max(-128, Math.min(127, Math.round(value / scale) + zeroPoint));
    return scale * (int8 - zeroPoint);
  });
}

/** Each row of `inputs` values gives a row of `outputs` sums. */
function fullyConnect(
  [outputs, inputs]: readonly number[],
  input: Float32Array,
  weights: Float32Array,
  bias: Float32Array | undefined,
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) {
    const o = i % outputs;
    const row = ((i - o) / outputs) * inputs;
    let sum = bias?.[o] ?? 0;
    for (let k = 0; k < inputs; k++) sum += input[row + k] * weights[o * inputs + k];
    out[i] = sum;
  }
}

function runOperator(graph: Graph, operator: Operator, values: Float32Array[], out: Float32Array): void {
  const [input, weights, bias] = operator.inputs.map((index) => values[index]);
  const [inputTensor, filter] = operator.inputs.map((index) => graph.tensors[index]);
  const output = graph.tensors[operator.outputs[0]];
  switch (operator.op) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D':
      convolve(operator, inputTensor, filter, output, input, weights, bias, out);
      return;
    case 'FULLY_CONNECTED':
      fullyConnect(filter.shape, input, weights, bias, out);
      return;
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      pool(operator, inputTensor, output, input, out);
      return;
    case 'ADD':
      for (let i = 0; i < out.length; i++) out[i] = input[i] + weights[i];
      return;
    case 'CONCATENATION':
      concatenate(graph, operator, values, out);
      return;
    case 'LOGISTIC':
      out.set(input.map((value) => 1 / (1 + Math.exp(-value))));
      return;
    case 'MEAN': {
      const [height, width, channels] = hwc(inputTensor.shape);
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let p = 0; p < height * width; p++) sum += input[p * channels + c];
        out[c] = sum / (height * width);
      }
      return;
    }
    case 'PAD': {
      const [height, width, channels] = hwc(inputTensor.shape);
      const outputWidth = output.shape[2];
      const [top, left] = [weights[2], weights[4]];
      for (let y = 0; y < height; y++) {
        const row = input.subarray(y * width * channels, (y + 1) * width * channels);
        out.set(row, ((y + top) * outputWidth + left) * channels);
      }
      return;
    }
    case 'RESHAPE':
    case 'SQUEEZE':
    case 'QUANTIZE':
      out.set(input);
      return;
    case 'RELU':
    case 'RELU6':
      out.set(input);
      activate(operator.op === 'RELU' ? 'relu' : 'relu6', out);
      return;
    case 'SOFTMAX': {
      const largest = input.reduce((a, b) => Math.max(a, b), -Infinity);
      const powers = Array.from(input, (value) => Math.exp((value - largest) * operator.beta));
      const sum = powers.reduce((a, b) => a + b, 0);
      out.set(powers.map((power) => power / sum));
      return;
    }
    case 'DEQUANTIZE':
      throw new DepthwiseError(
        'MODEL_UNSUPPORTED',
        `${where(operator, output)}: there is no float kernel for it. Quantise the model with the tool that made it.`,
      );
    default:
      unreachable(operator);
  }
}

function activate(activation: Activation, values: Float32Array): void {
  if (activation === 'none') return;
  const low = activation === 'relu_n1_to_1' ? -1 : 0;
  const high = activation === 'relu6' ? 6 : activation === 'relu' ? Infinity : 1;
  for (let i = 0; i < values.length; i++) values[i] = Math.min(high, Math.max(low, values[i]));
}

/** Calls `visit` for every output pixel with the part [y0, y1) x [x0, x1) of its window that lies in the input. */
export function windows(
  operator: OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'>,
  input: Tensor,
  output: Tensor,
  kernelH: number,
  kernelW: number,
  visit: (pixel: number, top: number, left: number, y0: number, y1: number, x0: number, x1: number) => void,
): void {
  const [height, width] = hwc(input.shape);
  const [outputHeight, outputWidth] = hwc(output.shape);
  const padTop = windowGeometry(height, kernelH, operator.strideH, operator.padding).before;
  const padLeft = windowGeometry(width, kernelW, operator.strideW, operator.padding).before;
  for (let oy = 0; oy < outputHeight; oy++) {
    for (let ox = 0; ox < outputWidth; ox++) {
      const top = oy * operator.strideH - padTop;
      const left = ox * operator.strideW - padLeft;
      const [y1, x1] = [Math.min(height, top + kernelH), Math.min(width, left + kernelW)];
      visit(oy * outputWidth + ox, top, left, Math.max(0, top), y1, Math.max(0, left), x1);
    }
  }
}

function convolve(
  operator: OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D'>,
  inputTensor: Tensor,
  filter: Tensor,
  output: Tensor,
  input: Float32Array,
  weights: Float32Array,
  bias: Float32Array | undefined,
  out: Float32Array,
): void {
  const [, width, channels] = hwc(inputTensor.shape);
  const outputs = hwc(output.shape)[2];
  const [, kernelH, kernelW] = filter.shape;
  const sums = new Float64Array(outputs);
  windows(operator, inputTensor, output, kernelH, kernelW, (pixel, top, left, y0, y1, x0, x1) => {
    for (let o = 0; o < outputs; o++) sums[o] = bias?.[o] ?? 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const from = (y * width + x) * channels;
        const tap = (y - top) * kernelW + (x - left);
        if (operator.op === 'DEPTHWISE_CONV_2D') {
          const multiplier = operator.depthMultiplier;
          for (let o = 0; o < outputs; o++) {
            sums[o] += input[from + Math.floor(o / multiplier)] * weights[tap * outputs + o];
          }
          continue;
        }
        for (let o = 0; o < outputs; o++) {
          const row = (o * kernelH * kernelW + tap) * channels;
          let sum = 0;
          for (let c = 0; c < channels; c++) sum += input[from + c] * weights[row + c];
          sums[o] += sum;
        }
      }
    }
    out.set(sums, pixel * outputs);
  });
}

/** Pixels outside of the input do not count, as in TFLite. */
function pool(
  operator: OperatorOf<'AVERAGE_POOL_2D' | 'MAX_POOL_2D'>,
  inputTensor: Tensor,
  output: Tensor,
  input: Float32Array,
  out: Float32Array,
): void {
  const [, width, channels] = hwc(inputTensor.shape);
  const average = operator.op === 'AVERAGE_POOL_2D';
  windows(operator, inputTensor, output, operator.filterH, operator.filterW, (pixel, _top, _left, y0, y1, x0, x1) => {
    for (let c = 0; c < channels; c++) {
      let [sum, largest] = [0, -Infinity];
      for (let y = y0; y < y1; y++) {
        for (let x = x0; x < x1; x++) {
          const value = input[(y * width + x) * channels + c];
          sum += value;
          largest = Math.max(largest, value);
        }
      }
      out[pixel * channels + c] = average ? sum / ((y1 - y0) * (x1 - x0)) : largest;
    }
  });
}

/** What lies behind the axis stays together: a run of each input in turn. */
function concatenate(graph: Graph, operator: OperatorOf<'CONCATENATION'>, values: Float32Array[], out: Float32Array) {
  const { shape } = graph.tensors[operator.outputs[0]];
  const axis = concatenationAxis(operator, shape.length);
  const runs = operator.inputs.map((index) => elements(graph.tensors[index].shape.slice(axis)));
  for (let at = 0, i = 0; at < out.length; i++) {
    for (const [k, index] of operator.inputs.entries()) {
      out.set(values[index].subarray(i * runs[k], (i + 1) * runs[k]), at);
      at += runs[k];
    }
  }
}

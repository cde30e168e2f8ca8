/**
 * What an operator needs besides its tensors: shapes, padding, zero points, clamps, multipliers. The counterpart of the
 * Prepare functions of tflite-micro (kernels/*_common.cc, lite/kernels/kernel_util.cc, lite/kernels/padding.h). Pure
 * functions of the graph, so a compiler can write the same numbers into its tables.
 *
 * Scales are float32 values held in doubles. Where TFLite computes in float, Math.fround stands here.
 */
import { DepthwiseError } from '../../errors.js';
import type { Activation, DType, Graph, Operator, OperatorOf, Tensor } from '../../graph/graph.js';
import { elements, hwc, perTensor, where } from '../../graph/graph.js';
import type { QuantizedMultiplier, Rounding } from './fixedpoint.js';
import { quantizeMultiplier, roundHalfAwayFromZero } from './fixedpoint.js';

/** Output values are clamped to [clampLow, clampHigh], in the output's own dtype. */
export interface Clamp {
  clampLow: number;
  clampHigh: number;
}

/** A window that slides over the input. Height and width in pixels. */
export interface WindowGeometry {
  inputHeight: number;
  inputWidth: number;
  inputChannels: number;
  outputHeight: number;
  outputWidth: number;
  outputChannels: number;
  kernelHeight: number;
  kernelWidth: number;
  strideH: number;
  strideW: number;
  /** Pixels above and left of the input; below and right follow from the output size. */
  padTop: number;
  padLeft: number;
}

export interface ConvParameters extends WindowGeometry, Clamp {
  /** Output channels per input channel; 0 for CONV_2D, where every output channel reads every input channel. */
  depthMultiplier: number;
  inputZeroPoint: number;
  weightZeroPoint: number;
  outputZeroPoint: number;
  /** One per output channel, also where the weights have a single scale. */
  multiplier: Int32Array;
  shift: Int32Array;
}

export interface FullyConnectedParameters extends Clamp {
  /** Rows of the input; 1 for a classifier. */
  rows: number;
  inputDepth: number;
  outputDepth: number;
  inputZeroPoint: number;
  weightZeroPoint: number;
  outputZeroPoint: number;
  /** One per output. */
  multiplier: Int32Array;
  shift: Int32Array;
}

export interface PoolParameters extends WindowGeometry, Clamp {}

export interface MeanParameters extends QuantizedMultiplier, Clamp {
  height: number;
  width: number;
  channels: number;
  inputZeroPoint: number;
  outputZeroPoint: number;
}

export interface AddParameters extends Clamp {
  /** Bits both inputs are shifted left before they are scaled. */
  leftShift: number;
  input1ZeroPoint: number;
  input2ZeroPoint: number;
  outputZeroPoint: number;
  input1: QuantizedMultiplier;
  input2: QuantizedMultiplier;
  output: QuantizedMultiplier;
}

export interface PadParameters {
  inputHeight: number;
  inputWidth: number;
  channels: number;
  outputHeight: number;
  outputWidth: number;
  top: number;
  left: number;
  /** The byte that means 0. */
  value: number;
}

export interface SoftmaxParameters extends QuantizedMultiplier {
  rows: number;
  depth: number;
  /** Differences from the maximum below this one (it is <= 0) count as probability 0. */
  diffMin: number;
  /** The output byte of probability 0: the lowest of the dtype. */
  outputZeroPoint: number;
}

export interface LogisticParameters extends QuantizedMultiplier {
  inputZeroPoint: number;
  /** Inputs this far from the zero point, or farther, saturate. */
  inputRadius: number;
}

export interface RequantizeParameters extends QuantizedMultiplier, Clamp {
  inputZeroPoint: number;
  outputZeroPoint: number;
}

/** Lowest and highest value of a byte dtype. */
export function byteRange(dtype: DType): [low: number, high: number] {
  if (dtype === 'int8') return [-128, 127];
  if (dtype === 'uint8') return [0, 255];
  throw new DepthwiseError('MODEL_UNSUPPORTED', `A kernel was given ${dtype}, expected int8 or uint8.`);
}

/** The clamp of a fused activation: its real bounds, quantised as the output is, within the range of the dtype. */
export function activationClamp(output: Tensor, activation: Activation): Clamp {
  const [lowest, highest] = byteRange(output.dtype);
  const { scale, zeroPoint } = perTensor(output);
  const quantize = (real: number) => zeroPoint + roundHalfAwayFromZero(Math.fround(real / scale));
  const low = activation === 'none' ? lowest : quantize(activation === 'relu_n1_to_1' ? -1 : 0);
  const bounded = activation === 'relu6' || activation === 'relu_n1_to_1';
  const high = bounded ? quantize(activation === 'relu6' ? 6 : 1) : highest;
  return { clampLow: Math.max(lowest, low), clampHigh: Math.min(highest, high) };
}

/** Pixels before the input along one axis, for an output of `output` windows. SAME puts the odd pixel behind. */
export function padBefore(input: number, output: number, kernel: number, stride: number): number {
  return Math.floor(Math.max(0, (output - 1) * stride + kernel - input) / 2);
}

function unsupported(operator: Operator, tensor: Tensor, found: string, expected: string): DepthwiseError {
  return new DepthwiseError('MODEL_UNSUPPORTED', `${where(operator, tensor)}: found ${found}, expected ${expected}.`);
}

function windowGeometry(
  graph: Graph,
  operator: OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'>,
  kernelHeight: number,
  kernelWidth: number,
): WindowGeometry {
  const [inputHeight, inputWidth, inputChannels] = hwc(graph.tensors[operator.inputs[0]].shape);
  const output = graph.tensors[operator.outputs[0]];
  const [outputHeight, outputWidth, outputChannels] = hwc(output.shape);
  const { strideH, strideW, padding } = operator;
  const size = (input: number, kernel: number, stride: number) =>
    Math.floor((input + stride - (padding === 'same' ? 1 : kernel)) / stride);
  const height = size(inputHeight, kernelHeight, strideH);
  const width = size(inputWidth, kernelWidth, strideW);
  if (outputHeight !== height || outputWidth !== width) {
    throw unsupported(operator, output, `an output of ${outputHeight}x${outputWidth}`, `${height}x${width}`);
  }
  return {
    inputHeight,
    inputWidth,
    inputChannels,
    outputHeight,
    outputWidth,
    outputChannels,
    kernelHeight,
    kernelWidth,
    strideH,
    strideW,
    padTop: padBefore(inputHeight, outputHeight, kernelHeight, strideH),
    padLeft: padBefore(inputWidth, outputWidth, kernelWidth, strideW),
  };
}

/**
 * The factor from accumulator to output of every output channel: input scale * weight scale / output scale.
 * The product of the two scales is a float32 one in legacy uint8 convolutions and in fully connected layers with one
 * weight scale (GetQuantizedConvolutionMultipler), a double one everywhere else.
 */
function channelMultipliers(input: Tensor, weights: Tensor, output: Tensor, channels: number, inFloat: boolean) {
  const scales = weights.quantization?.scale ?? [1];
  const multiplier = new Int32Array(channels);
  const shift = new Int32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const product = perTensor(input).scale * scales[scales.length > 1 ? channel : 0];
    const factor = quantizeMultiplier((inFloat ? Math.fround(product) : product) / perTensor(output).scale);
    multiplier[channel] = factor.multiplier;
    shift[channel] = factor.shift;
  }
  return { multiplier, shift };
}

function weightZeroPoint(operator: Operator, weights: Tensor): number {
  const zeroPoints = weights.quantization?.zeroPoint ?? [0];
  if (zeroPoints.some((zeroPoint) => zeroPoint !== zeroPoints[0])) {
    throw unsupported(operator, weights, 'weights with several zero points', 'one zero point');
  }
  return zeroPoints[0] ?? 0;
}

export function convParameters(graph: Graph, operator: OperatorOf<'CONV_2D' | 'DEPTHWISE_CONV_2D'>): ConvParameters {
  const input = graph.tensors[operator.inputs[0]];
  const weights = graph.tensors[operator.inputs[1]];
  const output = graph.tensors[operator.outputs[0]];
  const depthMultiplier = operator.op === 'DEPTHWISE_CONV_2D' ? operator.depthMultiplier : 0;
  const geometry = windowGeometry(graph, operator, weights.shape[1], weights.shape[2]);
  const { inputChannels, outputChannels } = geometry;
  const expected =
    depthMultiplier > 0
      ? [1, weights.shape[1], weights.shape[2], inputChannels * depthMultiplier]
      : [outputChannels, weights.shape[1], weights.shape[2], inputChannels];
  const fits = weights.shape.every((dim, axis) => dim === expected[axis]);
  if (!fits || (depthMultiplier > 0 && outputChannels !== expected[3])) {
    throw unsupported(operator, weights, `shape [${weights.shape}] for ${outputChannels} outputs`, `[${expected}]`);
  }
  const zeroPoint = weightZeroPoint(operator, weights);
  if (weights.dtype === 'int8' && zeroPoint !== 0) {
    throw unsupported(operator, weights, `int8 weights with zero point ${zeroPoint}`, 'zero point 0');
  }
  return {
    ...geometry,
    ...activationClamp(output, operator.activation),
    ...channelMultipliers(input, weights, output, outputChannels, input.dtype === 'uint8'),
    depthMultiplier,
    inputZeroPoint: perTensor(input).zeroPoint,
    weightZeroPoint: zeroPoint,
    outputZeroPoint: perTensor(output).zeroPoint,
  };
}

export function fullyConnectedParameters(
  graph: Graph,
  operator: OperatorOf<'FULLY_CONNECTED'>,
): FullyConnectedParameters {
  const input = graph.tensors[operator.inputs[0]];
  const weights = graph.tensors[operator.inputs[1]];
  const output = graph.tensors[operator.outputs[0]];
  const [outputDepth, inputDepth] = weights.shape;
  const rows = elements(input.shape) / inputDepth;
  if (!Number.isInteger(rows) || elements(output.shape) !== rows * outputDepth) {
    const found = `shape [${weights.shape}] from [${input.shape}] to [${output.shape}]`;
    throw unsupported(operator, weights, found, '[outputs, inputs]');
  }
  const perChannel = (weights.quantization?.scale.length ?? 1) > 1;
  return {
    ...activationClamp(output, operator.activation),
    ...channelMultipliers(input, weights, output, outputDepth, !perChannel),
    rows,
    inputDepth,
    outputDepth,
    inputZeroPoint: perTensor(input).zeroPoint,
    weightZeroPoint: weightZeroPoint(operator, weights),
    outputZeroPoint: perTensor(output).zeroPoint,
  };
}

/** Pools do not rescale: input and output must be quantised alike (as TFLite, scales may differ by 1e-6). */
export function poolParameters(graph: Graph, operator: OperatorOf<'AVERAGE_POOL_2D' | 'MAX_POOL_2D'>): PoolParameters {
  const input = graph.tensors[operator.inputs[0]];
  const output = graph.tensors[operator.outputs[0]];
  const from = perTensor(input);
  const to = perTensor(output);
  if (Math.abs(from.scale - to.scale) > 1e-6 || from.zeroPoint !== to.zeroPoint) {
    const found = `scale ${to.scale}, zero point ${to.zeroPoint}`;
    throw unsupported(operator, output, found, `those of the input, ${from.scale} and ${from.zeroPoint}`);
  }
  return {
    ...windowGeometry(graph, operator, operator.filterH, operator.filterW),
    ...activationClamp(output, operator.activation),
  };
}

/**
 * MEAN over height and width. One path for keep_dims or not: the multiplier of input scale / output scale takes in
 * the division by the n pixels, after a shift by floor(log2 n) so that it keeps its bits
 * (QuantizedMeanOrSum in kernels/internal/reference/reduce.h; the quotient is cut off, not rounded).
 */
export function meanParameters(graph: Graph, operator: OperatorOf<'MEAN'>): MeanParameters {
  const input = graph.tensors[operator.inputs[0]];
  const output = graph.tensors[operator.outputs[0]];
  const [height, width, channels] = hwc(input.shape);
  const axes = [...(graph.tensors[operator.inputs[1]].data ?? [])].map((axis) => (axis + 4) % 4).sort();
  if (input.shape.length !== 4 || axes.join() !== '1,2' || elements(output.shape) !== channels) {
    throw unsupported(operator, input, `a mean of [${input.shape}] over axes [${axes}]`, 'axes 1 and 2 of NHWC');
  }
  const factor = quantizeMultiplier(perTensor(input).scale / perTensor(output).scale);
  const pixels = height * width;
  const bits = Math.min(31 - Math.clz32(pixels), 31 + factor.shift);
  return {
    ...activationClamp(output, 'none'),
    multiplier: Number((BigInt(factor.multiplier) << BigInt(bits)) / BigInt(pixels)),
    shift: factor.shift - bits,
    height,
    width,
    channels,
    inputZeroPoint: perTensor(input).zeroPoint,
    outputZeroPoint: perTensor(output).zeroPoint,
  };
}

/** ADD: both inputs are brought to twice the larger input scale with 20 spare bits, added, and scaled to the output. */
export function addParameters(graph: Graph, operator: OperatorOf<'ADD'>): AddParameters {
  const [input1, input2] = operator.inputs.map((index) => graph.tensors[index]);
  const output = graph.tensors[operator.outputs[0]];
  if (elements(input1.shape) !== elements(output.shape) || elements(input2.shape) !== elements(output.shape)) {
    throw unsupported(operator, output, `[${input1.shape}] + [${input2.shape}]`, 'two inputs of the same shape');
  }
  const leftShift = 20;
  const common = 2 * Math.max(perTensor(input1).scale, perTensor(input2).scale);
  const outputFactor = common / (2 ** leftShift * perTensor(output).scale);
  if (outputFactor >= 1) {
    throw unsupported(operator, output, `scale ${perTensor(output).scale}`, `more than ${common / 2 ** leftShift}`);
  }
  return {
    ...activationClamp(output, operator.activation),
    leftShift,
    input1ZeroPoint: perTensor(input1).zeroPoint,
    input2ZeroPoint: perTensor(input2).zeroPoint,
    outputZeroPoint: perTensor(output).zeroPoint,
    input1: quantizeMultiplier(perTensor(input1).scale / common),
    input2: quantizeMultiplier(perTensor(input2).scale / common),
    output: quantizeMultiplier(outputFactor),
  };
}

export function padParameters(graph: Graph, operator: OperatorOf<'PAD'>): PadParameters {
  const input = graph.tensors[operator.inputs[0]];
  const output = graph.tensors[operator.outputs[0]];
  const paddings = [...(graph.tensors[operator.inputs[1]].data ?? [])];
  const [inputHeight, inputWidth, channels] = hwc(input.shape);
  const [outputHeight, outputWidth, outputChannels] = hwc(output.shape);
  const [batchBefore, batchAfter, top, bottom, left, right, channelsBefore, channelsAfter] = paddings;
  const spatial = paddings.length === 8 && !batchBefore && !batchAfter && !channelsBefore && !channelsAfter;
  if (
    !spatial ||
    outputHeight !== inputHeight + top + bottom ||
    outputWidth !== inputWidth + left + right ||
    outputChannels !== channels
  ) {
    const found = `paddings [${paddings}] from [${input.shape}] to [${output.shape}]`;
    throw unsupported(operator, input, found, 'padding of height and width only');
  }
  const value = perTensor(output).zeroPoint;
  return { inputHeight, inputWidth, channels, outputHeight, outputWidth, top, left, value };
}

/** Integer bits of the fixed-point input of exp in SOFTMAX (Q5.26) and of logistic (Q4.27). */
export const SOFTMAX_INTEGER_BITS = 5;
export const LOGISTIC_INTEGER_BITS = 4;

/** The largest integer input that a multiplier with this left shift keeps inside Q(integerBits). */
function inputRadius(integerBits: number, leftShift: number): number {
  return Math.floor(((2 ** integerBits - 1) * 2 ** (31 - integerBits)) / 2 ** leftShift);
}

export function softmaxParameters(
  graph: Graph,
  operator: OperatorOf<'SOFTMAX'>,
  rounding: Rounding = 'double',
): SoftmaxParameters {
  const input = graph.tensors[operator.inputs[0]];
  const output = graph.tensors[operator.outputs[0]];
  const [lowest] = byteRange(output.dtype);
  const depth = input.shape[input.shape.length - 1];
  const { scale, zeroPoint } = perTensor(output);
  if (scale !== 1 / 256 || zeroPoint !== lowest) {
    throw unsupported(operator, output, `scale ${scale}, zero point ${zeroPoint}`, `1/256 and ${lowest}`);
  }
  // The sum of exps has 12 integer bits: 4096 equal inputs overflow it.
  if (depth > 4095) throw unsupported(operator, input, `${depth} classes`, 'at most 4095');
  const limit = rounding === 'single' ? 2 ** 30 - 1 : 2 ** 31 - 1;
  const real = Math.min(operator.beta * perTensor(input).scale * 2 ** (31 - SOFTMAX_INTEGER_BITS), limit);
  if (!(real > 1)) throw unsupported(operator, input, `beta * scale = ${real / 2 ** 26}`, 'more than 2^-26');
  const factor = quantizeMultiplier(real, rounding);
  return {
    ...factor,
    rows: elements(input.shape) / depth,
    depth,
    diffMin: 0 - inputRadius(SOFTMAX_INTEGER_BITS, factor.shift),
    outputZeroPoint: lowest,
  };
}

export function logisticParameters(graph: Graph, operator: Operator): LogisticParameters {
  const input = graph.tensors[operator.inputs[0]];
  const output = graph.tensors[operator.outputs[0]];
  const [lowest] = byteRange(output.dtype);
  const { scale, zeroPoint } = perTensor(output);
  if (scale !== 1 / 256 || zeroPoint !== lowest) {
    throw unsupported(operator, output, `scale ${scale}, zero point ${zeroPoint}`, `1/256 and ${lowest}`);
  }
  const factor = quantizeMultiplier(perTensor(input).scale * 2 ** (31 - LOGISTIC_INTEGER_BITS));
  return {
    ...factor,
    inputZeroPoint: perTensor(input).zeroPoint,
    inputRadius: inputRadius(LOGISTIC_INTEGER_BITS, factor.shift),
  };
}

/** Standalone RELU and RELU6 rescale from input to output; the ratio of the scales is a float32 division. */
export function reluParameters(graph: Graph, operator: Operator): RequantizeParameters {
  const input = graph.tensors[operator.inputs[0]];
  const output = graph.tensors[operator.outputs[0]];
  return {
    ...quantizeMultiplier(Math.fround(perTensor(input).scale / perTensor(output).scale)),
    ...activationClamp(output, operator.op === 'RELU' ? 'relu' : 'relu6'),
    inputZeroPoint: perTensor(input).zeroPoint,
    outputZeroPoint: perTensor(output).zeroPoint,
  };
}

/** QUANTIZE between two byte tensors. */
export function requantizeParameters(input: Tensor, output: Tensor): RequantizeParameters {
  byteRange(input.dtype);
  return {
    ...quantizeMultiplier(perTensor(input).scale / perTensor(output).scale),
    ...activationClamp(output, 'none'),
    inputZeroPoint: perTensor(input).zeroPoint,
    outputZeroPoint: perTensor(output).zeroPoint,
  };
}

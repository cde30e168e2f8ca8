/**
 * Convolutions, fully connected layers and pools: geometry of the window and a factor per output channel.
 * Source: tflite-micro, lite/kernels/kernel_util.cc (PopulateConvolutionQuantizationParams), lite/kernels/padding.h,
 * micro/kernels/{conv,depthwise_conv,fully_connected,pooling}_common.cc.
 */
import type {
  ConvolutionOperator,
  Dilation,
  GraphTensors,
  Operator,
  Tensor,
  WeightedOperator,
} from '../../graph/graph.js';
import { elements, hwc, perTensor } from '../../graph/graph.js';
import { groupsOf, isDepthwise } from '../../graph/weighted.js';
import { extents, windowGeometry as geometryOf, type PoolOperator, type WindowOperator } from '../../graph/window.js';
import { quantizeMultiplier } from './fixedpoint.js';
import type { Clamp } from './prepare-common.js';
import { activationClamp, unsupported } from './prepare-common.js';

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
  /** From one pixel of a window to the next, where it is not 1. */
  dilationH?: number;
  dilationW?: number;
}

/** Requantisation of the sums of a layer with weights. */
export interface OutputFactors extends Clamp {
  outputZeroPoint: number;
  /** One per output channel, also where the weights have a single scale. */
  multiplier: Int32Array;
  shift: Int32Array;
}

export interface ConvParameters extends WindowGeometry, OutputFactors {
  /** Output channels per input channel; 0 for a full convolution, where every output channel reads every input channel. */
  depthMultiplier: number;
  inputZeroPoint: number;
  weightZeroPoint: number;
}

export interface FullyConnectedParameters extends OutputFactors {
  /** Rows of the input; 1 for a classifier. */
  rows: number;
  inputDepth: number;
  outputDepth: number;
  inputZeroPoint: number;
  weightZeroPoint: number;
}

export interface PoolParameters extends WindowGeometry, Clamp {}

/** Pixels before the input along one axis, for an output of `output` windows. SAME puts the odd pixel behind. */
export function padBefore(input: number, output: number, kernel: number, stride: number): number {
  return Math.floor(Math.max(0, (output - 1) * stride + kernel - input) / 2);
}

function mapSizes(input: Tensor, output: Tensor) {
  const [inputHeight, inputWidth, inputChannels] = hwc(input.shape);
  const [outputHeight, outputWidth, outputChannels] = hwc(output.shape);
  return { inputHeight, inputWidth, inputChannels, outputHeight, outputWidth, outputChannels };
}

function windowGeometry(
  graph: GraphTensors,
  operator: WindowOperator,
  kernelHeight: number,
  kernelWidth: number,
  dilation: Dilation = {},
): WindowGeometry {
  const output = graph.tensors[operator.outputs[0]];
  const maps = mapSizes(graph.tensors[operator.inputs[0]], output);
  const { inputHeight, inputWidth, outputHeight, outputWidth } = maps;
  const { strideH, strideW, padding } = operator;
  const size = (input: number, kernel: number, stride: number) =>
    Math.floor((input + stride - (padding === 'same' ? 1 : kernel)) / stride);
  const [extentH, extentW] = extents([kernelHeight, kernelWidth], dilation);
  const height = size(inputHeight, extentH, strideH);
  const width = size(inputWidth, extentW, strideW);
  if (outputHeight !== height || outputWidth !== width) {
    throw unsupported(operator, output, `an output of ${outputHeight}x${outputWidth}`, `${height}x${width}`);
  }
  return {
    ...maps,
    kernelHeight,
    kernelWidth,
    strideH,
    strideW,
    padTop: padBefore(inputHeight, outputHeight, extentH, strideH),
    padLeft: padBefore(inputWidth, outputWidth, extentW, strideW),
    ...dilation,
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

/** Input channels of a filter's group; groups divide the outputs too. */
function channelsOfGroup(graph: GraphTensors, operator: ConvolutionOperator, outputs: number): number {
  const channels = graph.tensors[operator.inputs[0]].shape[3];
  const groups = groupsOf(graph, operator);
  return Number.isInteger(groups) && outputs % groups === 0 ? channels / groups : channels;
}

export function convParameters(graph: GraphTensors, operator: ConvolutionOperator): ConvParameters {
  const input = graph.tensors[operator.inputs[0]];
  const weights = graph.tensors[operator.inputs[1]];
  const output = graph.tensors[operator.outputs[0]];
  const depthMultiplier = isDepthwise(operator) ? operator.depthMultiplier : 0;
  const geometry = windowGeometry(graph, operator, weights.shape[1], weights.shape[2], {
    dilationH: operator.dilationH ?? 1,
    dilationW: operator.dilationW ?? 1,
  });
  const { inputChannels, outputChannels } = geometry;
  const expected =
    depthMultiplier > 0
      ? [1, weights.shape[1], weights.shape[2], inputChannels * depthMultiplier]
      : [outputChannels, weights.shape[1], weights.shape[2], channelsOfGroup(graph, operator, outputChannels)];
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

/** The window slides over the output: paddings are those of a convolution from the output to the input. */
export function transposeConvParameters(
  graph: GraphTensors,
  operator: WeightedOperator & WindowOperator,
): ConvParameters {
  const [input, weights] = operator.inputs.map((index) => graph.tensors[index]);
  const output = graph.tensors[operator.outputs[0]];
  const maps = mapSizes(input, output);
  const { outputHeight, outputWidth, outputChannels } = maps;
  const [, kernelHeight, kernelWidth] = weights.shape;
  const { strideH, strideW, padding } = operator;
  return {
    ...maps,
    kernelHeight,
    kernelWidth,
    strideH,
    strideW,
    padTop: geometryOf(outputHeight, kernelHeight, strideH, padding).before,
    padLeft: geometryOf(outputWidth, kernelWidth, strideW, padding).before,
    ...activationClamp(output, operator.activation),
    ...channelMultipliers(input, weights, output, outputChannels, input.dtype === 'uint8'),
    depthMultiplier: 0,
    inputZeroPoint: perTensor(input).zeroPoint,
    weightZeroPoint: weightZeroPoint(operator, weights),
    outputZeroPoint: perTensor(output).zeroPoint,
  };
}

export function fullyConnectedParameters(graph: GraphTensors, operator: WeightedOperator): FullyConnectedParameters {
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
export function poolParameters(graph: GraphTensors, operator: PoolOperator): PoolParameters {
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

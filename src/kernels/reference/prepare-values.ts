/**
 * Operators without weights: means, sums, paddings, softmax, sigmoid, clamps, changes of scale.
 * Source: tflite-micro, micro/kernels/{reduce,add,pad,softmax,logistic,activations,quantize}_common.cc.
 */
import type { Activation, GraphTensors, Operator, Tensor } from '../../graph/graph.js';
import { elements, perTensor } from '../../graph/graph.js';
import type { QuantizedMultiplier, Rounding } from './fixedpoint.js';
import { quantizeMultiplier } from './fixedpoint.js';
import type { Clamp } from './prepare-common.js';
import { activationClamp, boundsClamp, byteRange, unsupported } from './prepare-common.js';
import type { ReduceShape, SumParameters } from './reduce.js';

/**
 * A sum over any axes, with kept dimensions or without, divided by `count`. The multiplier of input scale / output scale takes in
 * the division, after a shift by floor(log2 count) so that it keeps its bits (QuantizedMeanOrSum in
 * kernels/internal/reference/reduce.h; the quotient is cut off, not rounded).
 */
export function sumParameters(
  graph: GraphTensors,
  operator: Operator,
  shape: ReduceShape,
  count: number,
): SumParameters {
  const [input, output] = [graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]];
  const factor = quantizeMultiplier(perTensor(input).scale / perTensor(output).scale);
  const bits = Math.min(31 - Math.clz32(count), 31 + factor.shift);
  return {
    ...shape,
    ...activationClamp(output, 'none'),
    multiplier: Number((BigInt(factor.multiplier) << BigInt(bits)) / BigInt(count)),
    shift: factor.shift - bits,
    inputZeroPoint: perTensor(input).zeroPoint,
    outputZeroPoint: perTensor(output).zeroPoint,
  };
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

/** A sum: both inputs are brought to twice the larger input scale with 20 spare bits, added, and scaled to the output. */
export function addParameters(graph: GraphTensors, operator: Operator & { activation: Activation }): AddParameters {
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

/** Integer bits of the fixed-point input of exp in softmax (Q5.26), and of logistic and tanh (Q4.27). */
export const SOFTMAX_INTEGER_BITS = 5;
export const LOGISTIC_INTEGER_BITS = 4;

/** The largest integer input that a multiplier with this left shift keeps inside Q(integerBits). */
function inputRadius(integerBits: number, leftShift: number): number {
  return Math.floor(((2 ** integerBits - 1) * 2 ** (31 - integerBits)) / 2 ** leftShift);
}

export interface SoftmaxParameters extends QuantizedMultiplier {
  rows: number;
  depth: number;
  /** Differences from the maximum below this one (it is <= 0) count as probability 0. */
  diffMin: number;
  /** The output byte of probability 0: the lowest of the dtype. */
  outputZeroPoint: number;
}

export function softmaxParameters(
  graph: GraphTensors,
  operator: Operator & { beta: number },
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

export interface SigmoidParameters extends QuantizedMultiplier {
  inputZeroPoint: number;
  /** Inputs this far from the zero point, or farther, saturate. */
  inputRadius: number;
}

/** How an input becomes Q4.27, for sigmoid and tanh. */
export function sigmoidParameters(input: Tensor): SigmoidParameters {
  const { scale, zeroPoint } = perTensor(input);
  const factor = quantizeMultiplier(scale * 2 ** (31 - LOGISTIC_INTEGER_BITS));
  return { ...factor, inputZeroPoint: zeroPoint, inputRadius: inputRadius(LOGISTIC_INTEGER_BITS, factor.shift) };
}

export function logisticParameters(graph: GraphTensors, operator: Operator): SigmoidParameters {
  const input = graph.tensors[operator.inputs[0]];
  const output = graph.tensors[operator.outputs[0]];
  const [lowest] = byteRange(output.dtype);
  const { scale, zeroPoint } = perTensor(output);
  if (scale !== 1 / 256 || zeroPoint !== lowest) {
    throw unsupported(operator, output, `scale ${scale}, zero point ${zeroPoint}`, `1/256 and ${lowest}`);
  }
  return sigmoidParameters(input);
}

export interface RequantizeParameters extends QuantizedMultiplier, Clamp {
  inputZeroPoint: number;
  outputZeroPoint: number;
}

/** A clamp that stands alone rescales from input to output; the ratio of the scales is a float32 division. */
export function clampParameters(
  input: Tensor,
  output: Tensor,
  bounds: readonly [low: number, high: number],
): RequantizeParameters {
  return {
    ...quantizeMultiplier(Math.fround(perTensor(input).scale / perTensor(output).scale)),
    ...boundsClamp(output, bounds),
    inputZeroPoint: perTensor(input).zeroPoint,
    outputZeroPoint: perTensor(output).zeroPoint,
  };
}

/** Another scale and zero point, between two byte tensors. */
export function requantizeParameters(input: Tensor, output: Tensor): RequantizeParameters {
  byteRange(input.dtype);
  return {
    ...quantizeMultiplier(perTensor(input).scale / perTensor(output).scale),
    ...activationClamp(output, 'none'),
    inputZeroPoint: perTensor(input).zeroPoint,
    outputZeroPoint: perTensor(output).zeroPoint,
  };
}

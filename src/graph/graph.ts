/**
 * The graph: what every importer produces and every pass takes and returns. Tensors and operators keep the order and
 * the indices of the file they came from, so that reports, layer dumps and error messages name what the user knows.
 */

import type { HeadSpec } from './head.js';

/** Activations are bytes. int64: places in an axis, as an output of the model alone. */
export type DType = 'int8' | 'uint8' | 'int32' | 'int64' | 'float32';

/** real = scale * (value - zeroPoint). One entry per tensor, or one per channel along `axis` (weights only). */
export interface Quantization {
  scale: readonly number[];
  zeroPoint: readonly number[];
  axis: number;
}

export interface Tensor {
  index: number;
  name: string;
  /** NHWC for activations, batch 1. Weights as in TFLite: conv OHWI, depthwise 1HWO, fully connected OI. */
  shape: readonly number[];
  dtype: DType;
  /** Scale and zero point of the int8 values that the file has in place of this float32 tensor. */
  quantization?: Quantization;
  /** Constants only: values in row-major order. */
  data?: Int8Array | Uint8Array | Int32Array | Float32Array;
}

export type Activation = 'none' | 'relu' | 'relu6' | 'relu_n1_to_1';
/** Least and greatest real value behind each activation. */
export const ACTIVATION_BOUNDS: Readonly<Record<Activation, readonly [low: number, high: number]>> = {
  none: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
  relu_n1_to_1: [-1, 1],
};

export type Padding = 'same' | 'valid';

export interface SlidingWindow {
  padding: Padding;
  strideH: number;
  strideW: number;
}

/** Distance between neighbouring pixels of a window; 1 where it is absent. */
export interface Dilation {
  dilationH?: number;
  dilationW?: number;
}

export interface PoolWindow extends SlidingWindow {
  activation: Activation;
  filterH: number;
  filterW: number;
}

export type StridedSliceMask = 'beginMask' | 'endMask' | 'ellipsisMask' | 'newAxisMask' | 'shrinkAxisMask';

/** Operators without options, each a type of its own. */
type Plain<Name> = Name extends string ? { op: Name } : never;

/** A filter slides over the pixels of a map. */
type ConvolutionKind =
  /** input, filter OHWI, bias? ; of a filter with fewer channels than the input there are as many groups */
  | ({ op: 'CONV_2D'; activation: Activation } & SlidingWindow & Dilation)
  /** input, filter 1HWO, bias? ; O = C * depthMultiplier, output channel o reads input channel o / depthMultiplier */
  | ({ op: 'DEPTHWISE_CONV_2D'; activation: Activation; depthMultiplier: number } & SlidingWindow & Dilation);

/** Layers with weights. Their first inputs are an activation, a filter and a bias. */
type WeightedKind =
  | ConvolutionKind
  /** input, filter OHWI, bias?, shape of the output (constant)? ; every input pixel adds a window of outputs */
  | ({ op: 'TRANSPOSE_CONV'; activation: Activation } & SlidingWindow)
  /** input (flattened, or rows of as many values as a row of the filter has), filter OI, bias? */
  | { op: 'FULLY_CONNECTED'; activation: Activation };

/** Operators by the names of the TFLite schema. Inputs are listed beside each. src/operators has a file for each. */
export type OperatorKind =
  | WeightedKind
  | ({ op: 'AVERAGE_POOL_2D' } & PoolWindow)
  | ({ op: 'MAX_POOL_2D' } & PoolWindow)
  /** input, axes (constant) */
  | { op: 'MEAN'; keepDims: boolean }
  | { op: 'SUM'; keepDims: boolean }
  | { op: 'REDUCE_MAX'; keepDims: boolean }
  | { op: 'REDUCE_MIN'; keepDims: boolean }
  | { op: 'ADD'; activation: Activation }
  | { op: 'SUB'; activation: Activation }
  | { op: 'MUL'; activation: Activation }
  | Plain<'MAXIMUM' | 'MINIMUM' | 'PRELU'>
  /** input, size (constant [2]) */
  | { op: 'RESIZE_NEAREST_NEIGHBOR'; alignCorners: boolean; halfPixelCenters: boolean }
  | { op: 'SPACE_TO_DEPTH'; blockSize: number }
  | { op: 'DEPTH_TO_SPACE'; blockSize: number }
  /** input, axis (constant); the output is int32 or int64 */
  | Plain<'ARG_MAX' | 'ARG_MIN'>
  /** input, paddings (constant: before and behind each axis) */
  | { op: 'PAD' }
  | { op: 'MIRROR_PAD'; mode: 'reflect' | 'symmetric' }
  /** input, value (constant), paddings as of PAD */
  | { op: 'PADV2' }
  /** input, begin, size (constants: one of each for each axis) */
  | { op: 'SLICE' }
  /** input, begin, end, strides (constants); bit i of a mask is about entry i of these */
  | ({ op: 'STRIDED_SLICE' } & Record<StridedSliceMask, number>)
  /** input, axis (constant) */
  | { op: 'SPLIT' }
  /** input, lengths, axis (constants) */
  | { op: 'SPLIT_V' }
  | { op: 'CONCATENATION'; axis: number; activation: Activation }
  /** axis of the output */
  | { op: 'PACK'; axis: number }
  /** axis of the input */
  | { op: 'UNPACK'; axis: number }
  /** Shape changes: the bytes stay as they are. */
  | Plain<'RESHAPE' | 'SQUEEZE'>
  /** input, axis of the output (constant) */
  | Plain<'EXPAND_DIMS'>
  /** input, axes of the input in the output's order (constant) */
  | Plain<'TRANSPOSE'>
  /** input, size (constant: height, width) */
  | { op: 'RESIZE_BILINEAR'; alignCorners: boolean; halfPixelCenters: boolean }
  | { op: 'SOFTMAX'; beta: number }
  | Plain<'L2_NORMALIZATION' | 'LOGISTIC' | 'RELU' | 'RELU6' | 'QUANTIZE' | 'DEQUANTIZE'>
  /** Value by value, as those above. */
  | Plain<'ABS' | 'ELU' | 'EXP' | 'HARD_SWISH' | 'LOG' | 'NEG' | 'RSQRT' | 'SQRT' | 'TANH'>
  | Plain<'RELU_0_TO_1' | 'RELU_N1_TO_1'>
  | { op: 'LEAKY_RELU'; alpha: number };

export type OperatorName = OperatorKind['op'];

interface Placement {
  /** Position in the file. */
  index: number;
  /** Tensor indices; -1 is an absent optional input. */
  inputs: readonly number[];
  outputs: readonly number[];
}

export type Operator = OperatorKind & Placement;

export type WeightedOperator = WeightedKind & Placement;

export type ConvolutionOperator = ConvolutionKind & Placement;

/** Every output channel reads one channel of the input: filters are 1HWO. */
export type DepthwiseOperator = Extract<WeightedOperator, { depthMultiplier: number }>;

export interface Graph {
  name: string;
  tensors: readonly Tensor[];
  operators: readonly Operator[];
  inputs: readonly number[];
  outputs: readonly number[];
  /** Class names, first one of output value 0, where the model brings them. */
  labels?: readonly string[];
  /** Head that the model itself states. */
  head?: HeadSpec;
  /** Real values of pixel 0 and pixel 255, where a float model says so itself. */
  pixelRange?: { black: number; white: number };
  /** Set where the weights are seeded random numbers and the network was never trained. */
  randomWeights?: boolean;
  /** How requantisation rounds where nothing else is asked for, if the file's own arithmetic is not TFLite Micro's. */
  rounding?: 'single';
  /** The float graph, operator by operator, where ranges come from random inputs: it was never calibrated. */
  uncalibrated?: Graph;
}

export type OperatorOf<K extends OperatorName> = Extract<Operator, { op: K }>;

/** The part of a graph that most questions about an operator need. */
export type GraphTensors = Pick<Graph, 'tensors'>;

/** Number of elements of a shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/**
 * The [H, W, C] of an activation: [1,H,W,C] and [H,W,C] as they are, rows [N,C] as 1xNxC, [N] as 1x1xN; of more dimensions all but
 * the last two are one height. Kernels see every activation in this form.
 */
export function hwc(shape: readonly number[]): [height: number, width: number, channels: number] {
  const [width = 1, channels = 1] = shape.length > 1 ? shape.slice(-2) : [1, ...shape];
  return [elements(shape.slice(0, -2)), width, channels];
}

/** Channels of an activation: its last axis, whatever its rank. */
export const channelsOf = (tensor: Tensor): number => tensor.shape[tensor.shape.length - 1] ?? 1;

/** How many values lie between neighbours along each axis. */
export const strides = (shape: readonly number[]): number[] => shape.map((_, axis) => elements(shape.slice(axis + 1)));

/** An axis counted from the front. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The one scale and zero point of an activation tensor. */
export function perTensor(tensor: Tensor): { scale: number; zeroPoint: number } {
  const q = tensor.quantization;
  return { scale: q?.scale[0] ?? 1, zeroPoint: q?.zeroPoint[0] ?? 0 };
}

/** Where an operator is, for messages: `operator 3 (NAME), tensor 12 "name"`. */
export function where(operator: Operator, tensor?: Tensor): string {
  const at = `operator ${operator.index} (${operator.op})`;
  return tensor ? `${at}, tensor ${tensor.index} "${tensor.name}"` : at;
}

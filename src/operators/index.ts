/** Every operator, by its name in the TFLite schema. */
import type { Operator, OperatorName, OperatorOf, WeightedOperator } from '../graph/graph.js';
import { abs } from './abs.js';
import { add } from './add.js';
import { argMax, argMin } from './arg-max.js';
import { averagePool2d } from './average-pool-2d.js';
import { concatenation } from './concatenation.js';
import { conv2d } from './conv-2d.js';
import type { FilterDefinition, OperatorDefinition } from './definition.js';
import { depthToSpace } from './depth-to-space.js';
import { depthwiseConv2d } from './depthwise-conv-2d.js';
import { dequantize } from './dequantize.js';
import { elu } from './elu.js';
import { exp } from './exp.js';
import { expandDims } from './expand-dims.js';
import { fullyConnected } from './fully-connected.js';
import { hardSwish } from './hard-swish.js';
import { l2Normalization } from './l2-normalization.js';
import { leakyRelu } from './leaky-relu.js';
import { log } from './log.js';
import { logistic } from './logistic.js';
import { maxPool2d } from './max-pool-2d.js';
import { maximum } from './maximum.js';
import { mean } from './mean.js';
import { minimum } from './minimum.js';
import { mirrorPad } from './mirror-pad.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { pack } from './pack.js';
import { pad } from './pad.js';
import { padV2 } from './padv2.js';
import { prelu } from './prelu.js';
import { quantize } from './quantize.js';
import { reduceMax } from './reduce-max.js';
import { reduceMin } from './reduce-min.js';
import { relu } from './relu.js';
import { relu0To1 } from './relu-0-to-1.js';
import { reluN1To1 } from './relu-n1-to-1.js';
import { relu6 } from './relu6.js';
import { reshape } from './reshape.js';
import { resizeBilinear } from './resize-bilinear.js';
import { resizeNearestNeighbor } from './resize-nearest-neighbor.js';
import { rsqrt } from './rsqrt.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { spaceToDepth } from './space-to-depth.js';
import { split } from './split.js';
import { splitV } from './split-v.js';
import { sqrt } from './sqrt.js';
import { squeeze } from './squeeze.js';
import { stridedSlice } from './strided-slice.js';
import { sub } from './sub.js';
import { sum } from './sum.js';
import { tanh } from './tanh.js';
import { transpose } from './transpose.js';
import { transposeConv } from './transpose-conv.js';
import { unpack } from './unpack.js';

/** A name of graph.ts that is missing here does not compile. */
export const OPERATORS: { readonly [Name in OperatorName]: OperatorDefinition<OperatorOf<Name>> } = {
  ABS: abs,
  ADD: add,
  SUB: sub,
  SPACE_TO_DEPTH: spaceToDepth,
  RESIZE_NEAREST_NEIGHBOR: resizeNearestNeighbor,
  PRELU: prelu,
  MUL: mul,
  MINIMUM: minimum,
  MAXIMUM: maximum,
  DEPTH_TO_SPACE: depthToSpace,
  AVERAGE_POOL_2D: averagePool2d,
  CONCATENATION: concatenation,
  CONV_2D: conv2d,
  DEPTHWISE_CONV_2D: depthwiseConv2d,
  DEQUANTIZE: dequantize,
  ELU: elu,
  EXP: exp,
  EXPAND_DIMS: expandDims,
  FULLY_CONNECTED: fullyConnected,
  HARD_SWISH: hardSwish,
  LEAKY_RELU: leakyRelu,
  LOG: log,
  L2_NORMALIZATION: l2Normalization,
  LOGISTIC: logistic,
  MAX_POOL_2D: maxPool2d,
  MEAN: mean,
  NEG: neg,
  PACK: pack,
  PAD: pad,
  QUANTIZE: quantize,
  REDUCE_MAX: reduceMax,
  REDUCE_MIN: reduceMin,
  RELU: relu,
  RELU6: relu6,
  RELU_0_TO_1: relu0To1,
  RELU_N1_TO_1: reluN1To1,
  RESHAPE: reshape,
  RSQRT: rsqrt,
  RESIZE_BILINEAR: resizeBilinear,
  SOFTMAX: softmax,
  SQRT: sqrt,
  SQUEEZE: squeeze,
  TANH: tanh,
  SUM: sum,
  TRANSPOSE: transpose,
  ARG_MAX: argMax,
  ARG_MIN: argMin,
  TRANSPOSE_CONV: transposeConv,
  UNPACK: unpack,
  STRIDED_SLICE: stridedSlice,
  SPLIT_V: splitV,
  SPLIT: split,
  SLICE: slice,
  PADV2: padV2,
  MIRROR_PAD: mirrorPad,
};

export const OPERATOR_NAMES = Object.keys(OPERATORS).sort() as OperatorName[];

/** Whether a name from a file is an operator's. */
export const isOperator = (name: string): name is OperatorName => Object.hasOwn(OPERATORS, name);

export const definitionOf = <O extends Operator>({ op }: O): OperatorDefinition<O> =>
  OPERATORS[op] as unknown as OperatorDefinition<O>;

export const filterOf = (operator: WeightedOperator): FilterDefinition => {
  const { filter } = definitionOf(operator);
  if (!filter) throw new TypeError(`${operator.op} has no filter`);
  return filter as FilterDefinition;
};

export const isWeighted = (operator: Operator): operator is WeightedOperator =>
  definitionOf(operator).filter !== undefined;

/** Every operator, by its name in the TFLite schema. */
import type { Operator, OperatorName, OperatorOf } from '../graph/graph.js';
import { add } from './add.js';
import { averagePool2d } from './average-pool-2d.js';
import { concatenation } from './concatenation.js';
import { conv2d } from './conv-2d.js';
import type { OperatorDefinition } from './definition.js';
import { depthwiseConv2d } from './depthwise-conv-2d.js';
import { dequantize } from './dequantize.js';
import { fullyConnected } from './fully-connected.js';
import { logistic } from './logistic.js';
import { maxPool2d } from './max-pool-2d.js';
import { mean } from './mean.js';
import { pad } from './pad.js';
import { quantize } from './quantize.js';
import { relu } from './relu.js';
import { relu6 } from './relu6.js';
import { reshape } from './reshape.js';
import { softmax } from './softmax.js';
import { squeeze } from './squeeze.js';

/** A name of graph.ts that is missing here does not compile. */
export const OPERATORS: { readonly [Name in OperatorName]: OperatorDefinition<OperatorOf<Name>> } = {
  ADD: add,
  AVERAGE_POOL_2D: averagePool2d,
  CONCATENATION: concatenation,
  CONV_2D: conv2d,
  DEPTHWISE_CONV_2D: depthwiseConv2d,
  DEQUANTIZE: dequantize,
  FULLY_CONNECTED: fullyConnected,
  LOGISTIC: logistic,
  MAX_POOL_2D: maxPool2d,
  MEAN: mean,
  PAD: pad,
  QUANTIZE: quantize,
  RELU: relu,
  RELU6: relu6,
  RESHAPE: reshape,
  SOFTMAX: softmax,
  SQUEEZE: squeeze,
};

export const OPERATOR_NAMES = Object.keys(OPERATORS).sort() as OperatorName[];

/** Whether a name from a file is an operator's. */
export const isOperator = (name: string): name is OperatorName => Object.hasOwn(OPERATORS, name);

export const definitionOf = <O extends Operator>({ op }: O): OperatorDefinition<O> =>
  OPERATORS[op] as unknown as OperatorDefinition<O>;

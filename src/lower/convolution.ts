/** Lowering of layers with weights. */

import type { ConvolutionOperator, GraphTensors, Tensor, WeightedOperator } from '../graph/graph.js';
import { groupsOf, isDepthwise } from '../graph/weighted.js';
import { multiplyByQuantizedMultiplier, type Rounding } from '../kernels/reference/fixedpoint.js';
import { permute } from '../kernels/reference/permute.js';
import { type ConvParameters, fullyConnectedParameters } from '../kernels/reference/prepare.js';
import {
  KIND_CONV,
  KIND_DEPTHWISE,
  KIND_FULLY_CONNECTED,
  STEP_COLUMNS,
  STEP_GENERAL_REQUANTIZE,
  STEP_SPLIT_LANES,
  STEP_THREE_BY_THREE,
} from '../program/layout.js';
import type { Loop } from '../program/loops.js';
import { POINT, rowsOf, type Step, type View, type Window } from '../program/program.js';
import { type Convolution, gapsOf, generalConvolution, NO_GAPS, transposedConvolution } from './general-convolution.js';
import { chooseLaneChunks, lanesHold, spanOf } from './lanes.js';
import type { Lowering } from './lowering.js';
import { fastPathIsExact, requantizeTable } from './requantize-table.js';
import { offsetOf } from './tables.js';

/** Output channels, and input values, worked on at a time: 64 hold the scratch of a convolution under 6 KB. */
const OUT_CHUNK = 64;
const K_CHUNK = 64;
/** Biases up to this are lanes' starts. */
const MOST_START = 2 ** 19;
/** Biases up to this do not wrap with what is added to them. */
const MOST_BIAS = 2 ** 30;
/** Depthwise channels whose weights and tables are in scratch at a time. */
const DEPTHWISE_CHUNK = 32;

/** Weights as int8: uint8 ones less 128. */
export function weightsOf(tensor: Tensor): Int8Array {
  const data = tensor.data!;
  return tensor.dtype === 'uint8' ? Int8Array.from(data, (w) => w - 128) : Int8Array.from(data);
}

export function biasOf(graph: GraphTensors, index: number | undefined, outputs: number): Int32Array {
  if (index === undefined || index < 0) return new Int32Array(outputs);
  return Int32Array.from(graph.tensors[index].data!);
}

/** acc = sum (w - wz)(x - xz) + bias = sum (w - wz) x + [bias - xz * sum (w - wz)] */
function foldInputZeroPoint(c: Convolution, k: number): number[] {
  return Array.from(c.bias, (bias, o) => {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += c.weights[o * k + i] - c.weightZeroPoint;
    return bias - c.input.zeroPoint * sum;
  });
}

/**
 * An output that is the same at its lowest and at its highest sum is the same for every input. Exporters give such channels
 * arbitrary scales; here they get weights of zero, and a multiplier and a bias that make the same constant and never
 * stand in the way of the fast path.
 */
function settleConstants(c: Convolution, k: number, rounding: Rounding): void {
  const { zeroPoint } = c.output;
  foldInputZeroPoint(c, k).forEach((bias, o) => {
    const weights = c.weights.subarray(o * k, (o + 1) * k);
    const { lowest, highest } = spanOf(weights, c.weightZeroPoint);
    // Sums and left shifts that might wrap do not grow steadily.
    if (lowest < highest && (c.shift[o] > 0 || Math.abs(bias) > MOST_BIAS)) return;
    const [least, most] = [lowest, highest].map((sum) => {
      const scaled = multiplyByQuantizedMultiplier((bias + sum) | 0, c.multiplier[o], c.shift[o], rounding);
      return Math.min(c.clampHigh, Math.max(c.clampLow, scaled + zeroPoint));
    });
    if (least !== most) return;
    weights.fill(c.weightZeroPoint);
    c.bias[o] = 4 * (least - zeroPoint);
    c.multiplier[o] = 2 ** 30;
    c.shift[o] = -1;
  });
}

/** [outputs][k] to [ceil(k / 8)][outputs][8]: the order in which eight inputs meet all outputs. */
export function blockWeights(weights: Int8Array, outputs: number, k: number): Int8Array {
  const blocked = new Int8Array(weights.length);
  let at = 0;
  for (let from = 0; from < k; from += 8) {
    const width = Math.min(8, k - from);
    for (let o = 0; o < outputs; o++) {
      blocked.set(weights.subarray(o * k + from, o * k + from + width), at);
      at += width;
    }
  }
  return blocked;
}

/**
 * Whether a layer of one pixel should have the unpacked kernel. Words of which one lane in nine is used cost three times
 * the ops, but in a network with other convolutions their code is there already; the unpacked kernel's takes 1.8 KB of RAM.
 * Ops as counted in wasm3 (docs/kernels.md).
 */
function unpackedPays(outputs: number, k: number): boolean {
  const blocks = Math.ceil(k / 8);
  const packed = blocks * (230 + 103 * outputs);
  const unpacked = blocks * (60 + 34 * outputs);
  return packed - unpacked > 16384;
}

function convolutionStep(c: Convolution, rounding: Rounding, kChunk: number): Step {
  const outputs = c.output.channels;
  const k = c.window.kernelH * c.window.kernelW * c.input.channels;
  const point = k === c.input.channels && c.window.padTop + c.window.padLeft === 0;
  const onePixel =
    point && c.input.height * c.input.width * c.output.height * c.output.width === 1 && unpackedPays(outputs, k);
  settleConstants(c, k, rounding);
  const requantization = { bias: foldInputZeroPoint(c, k), multiplier: c.multiplier, shift: c.shift };
  const lanes = chooseLaneChunks(c.weights, k, c.weightZeroPoint, kChunk);
  const split = lanes.laneK < k && !onePixel;
  const exact =
    fastPathIsExact(requantization, c.clampLow, c.clampHigh, c.output.zeroPoint) &&
    requantization.bias.every((bias) => bias <= MOST_START) &&
    lanesHold(c.weights, k, 0, k, c.weightZeroPoint, requantization.bias);
  const general = !exact || split || onePixel;
  return {
    kind: onePixel ? KIND_FULLY_CONNECTED : KIND_CONV,
    name: c.name,
    operators: [c.operator],
    input: c.input,
    output: c.output,
    window: c.window,
    depthMultiplier: 1,
    weightZeroPoint: c.weightZeroPoint,
    clampLow: c.clampLow,
    clampHigh: c.clampHigh,
    flags: (general ? STEP_GENERAL_REQUANTIZE : 0) | (split ? STEP_SPLIT_LANES : 0),
    // Accumulators take as much again as the sums: half the outputs at a time.
    outChunk: Math.min(outputs, general && !onePixel ? OUT_CHUNK / 2 : OUT_CHUNK),
    kChunk: lanes.kChunk,
    laneK: lanes.laneK,
    weights: blockWeights(c.weights, outputs, k),
    table: requantizeTable(requantization),
    macs: c.output.height * c.output.width * outputs * k,
  };
}

/** [kernel positions][outputs] to [outputs][kernel positions]. */
function transpose(weights: Int8Array, outputs: number): Int8Array {
  const taps = weights.length / outputs;
  const turned = new Int8Array(weights.length);
  for (let t = 0; t < taps; t++) for (let o = 0; o < outputs; o++) turned[o * taps + t] = weights[t * outputs + o];
  return turned;
}

/** Whether kernels for 3x3 windows apply. */
function isThreeByThree(window: Window, depthMultiplier: number): boolean {
  const { kernelH, kernelW, strideH, strideW, padLeft } = window;
  const shape = kernelH === 3 && kernelW === 3 && strideH === strideW && strideH <= 2 && padLeft <= 1;
  return shape && depthMultiplier === 1;
}

/** Adds the step of a convolution, and of a padding before it that was left to it. */
export function lowerConvolution(lowering: Lowering, operator: ConvolutionOperator, p: ConvParameters): void {
  const padding = lowering.paddings.get(operator.inputs[0]);
  const input = lowering.view(padding?.source ?? operator.inputs[0]);
  const layer = layerOf(lowering, operator, input, p);
  const { top, left } = padding ?? { top: p.padTop, left: p.padLeft };
  const window = { ...layer.window, padTop: top, padLeft: left };
  const step = convolution(lowering, operator, { ...layer, window }, p);
  if (padding) step.operators.unshift(padding.operator);
  lowering.push(step);
}

/** Adds the step of a convolution whose window slides over the output. */
export function lowerTransposed(lowering: Lowering, operator: WeightedOperator, p: ConvParameters): void {
  const input = lowering.view(operator.inputs[0]);
  lowering.push(transposedConvolution(layerOf(lowering, operator, input, p), p));
}

function layerOf(lowering: Lowering, operator: WeightedOperator, input: View, p: ConvParameters): Convolution {
  const { graph } = lowering;
  const output = lowering.view(operator.outputs[0]);
  const weights = weightsOf(graph.tensors[operator.inputs[1]]);
  const offset = offsetOf(graph.tensors[operator.outputs[0]]);
  return {
    name: graph.tensors[operator.outputs[0]].name,
    operator: operator.index,
    input,
    output,
    window: {
      kernelH: p.kernelHeight,
      kernelW: p.kernelWidth,
      strideH: p.strideH,
      strideW: p.strideW,
      padTop: p.padTop,
      padLeft: p.padLeft,
    },
    weights: isDepthwise(operator) ? transpose(weights, p.outputChannels) : weights,
    weightZeroPoint: p.weightZeroPoint - offsetOf(graph.tensors[operator.inputs[1]]),
    bias: biasOf(graph, operator.inputs[2], p.outputChannels),
    multiplier: p.multiplier,
    shift: p.shift,
    clampLow: p.clampLow - offset,
    clampHigh: p.clampHigh - offset,
  };
}

function convolution(
  { graph, options: { rounding, kChunk = K_CHUNK } }: Lowering,
  operator: ConvolutionOperator,
  c: Convolution,
  p: ConvParameters,
): Step {
  const { input, output } = c;
  const depthwise = isDepthwise(operator);
  const groups = groupsOf(graph, operator);
  const gaps = gapsOf(p);
  if (gaps || groups > 1) return generalConvolution(c, gaps ?? NO_GAPS, depthwise ? input.channels : groups);
  // A depthwise layer over one channel is a convolution with one input channel.
  if (!depthwise || input.channels === 1) return convolutionStep(c, rounding, kChunk);
  const taps = p.kernelHeight * p.kernelWidth;
  settleConstants(c, taps, rounding);
  const requantization = { bias: foldInputZeroPoint(c, taps), multiplier: p.multiplier, shift: p.shift };
  const threeByThree = isThreeByThree(c.window, p.depthMultiplier);
  const exact = fastPathIsExact(requantization, c.clampLow, c.clampHigh, output.zeroPoint);
  const columns = threeByThree && exact && input.width > 1;
  return {
    kind: KIND_DEPTHWISE,
    name: c.name,
    operators: [operator.index],
    input,
    output,
    window: c.window,
    depthMultiplier: p.depthMultiplier,
    weightZeroPoint: c.weightZeroPoint,
    clampLow: c.clampLow,
    clampHigh: c.clampHigh,
    flags: (threeByThree ? STEP_THREE_BY_THREE : 0) | (columns ? STEP_COLUMNS : STEP_GENERAL_REQUANTIZE),
    outChunk: Math.min(output.channels, DEPTHWISE_CHUNK),
    kChunk: 0,
    laneK: 0,
    weights: c.weights,
    table: requantizeTable(requantization),
    macs: output.height * output.width * output.channels * taps,
  };
}

/** A fully connected layer over `rows` vectors is a pointwise one over `rows` pixels. */
export function lowerFullyConnected(lowering: Lowering, operator: WeightedOperator): void {
  const { graph, options } = lowering;
  const p = fullyConnectedParameters(graph, operator);
  const filter = graph.tensors[operator.inputs[1]];
  const output = graph.tensors[operator.outputs[0]];
  const order = lowering.orders.get(operator.inputs[0]);
  const layer = {
    name: output.name,
    operator: operator.index,
    input: rowsOf(order?.source ?? lowering.view(operator.inputs[0]), p.rows, p.inputDepth),
    output: rowsOf(lowering.view(output.index), p.rows, p.outputDepth),
    window: POINT,
    weights: order ? movedColumns(weightsOf(filter), p.inputDepth, order.loops) : weightsOf(filter),
    weightZeroPoint: p.weightZeroPoint - offsetOf(filter),
    bias: biasOf(graph, operator.inputs[2], p.outputDepth),
    multiplier: p.multiplier,
    shift: p.shift,
    clampLow: p.clampLow - offsetOf(output),
    clampHigh: p.clampHigh - offsetOf(output),
  };
  const step = convolutionStep(layer, options.rounding, options.kChunk ?? K_CHUNK);
  step.operators.unshift(...(order?.operators ?? []));
  lowering.push(step);
}

/** Weights of [outputs][inputs], of inputs that stand where `loops` take them from. */
function movedColumns(weights: Int8Array, inputs: number, loops: readonly Loop[]): Int8Array {
  const places = new Int32Array(inputs);
  permute(Int32Array.from(places.keys()), places, loops);
  const moved = new Int8Array(weights.length);
  for (let at = 0; at < weights.length; at += inputs) {
    for (let i = 0; i < inputs; i++) moved[at + places[i]] = weights[at + i];
  }
  return moved;
}

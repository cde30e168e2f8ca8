/** Random layers with dilation, groups or a fractional stride, and programs of one such step. */

import type { ConvParameters } from '../../src/kernels/reference/prepare.js';
import { outputChunk, windowOrder } from '../../src/lower/general-convolution.js';
import { requantizeTable } from '../../src/lower/requantize-table.js';
import { KIND_GENERAL_CONV } from '../../src/program/layout.js';
import type { Gaps, Program } from '../../src/program/program.js';
import type { Random } from '../graph/builder.js';
import { randomValues, type Shape, stepProgram } from './programs.js';

const NO_GAPS: Gaps = { dilationH: 1, dilationW: 1, spreadH: 1, spreadW: 1 };

export interface Layer {
  p: ConvParameters;
  groups: number;
  gaps: Gaps;
  /** OHWI, I of one group. */
  weights: Int8Array;
  bias: Int32Array;
  input: Int8Array;
  /** Paddings of the step. */
  padTop: number;
  padLeft: number;
  /** What the window's first position is counted from: a transposed convolution's is turned. */
  turned?: boolean;
}

const chance = (random: Random) => ({
  integer: (low: number, high: number) => low + Math.floor(random() * (high - low + 1)),
  pick: <T>(...from: T[]): T => from[Math.floor(random() * from.length)],
});

function quantization(random: Random, outputs: number) {
  const { integer } = chance(random);
  return {
    clampLow: integer(-128, 0),
    clampHigh: integer(1, 127),
    inputZeroPoint: integer(-128, 127),
    weightZeroPoint: random() < 0.3 ? integer(-128, 127) : 0,
    outputZeroPoint: integer(-40, 40),
    multiplier: Int32Array.from({ length: outputs }, () => integer(2 ** 30, 2 ** 31 - 1)),
    shift: Int32Array.from({ length: outputs }, () => integer(-11, random() < 0.1 ? 2 : -5)),
  };
}

export function layerProgram(layer: Layer, rounding: 'double' | 'single' = 'double'): Program {
  const { p, groups, gaps, weights, bias, turned } = layer;
  const { kernelHeight: kernelH, kernelWidth: kernelW, outputChannels: outputs, inputChannels } = p;
  const inputs = inputChannels / groups;
  const taps = kernelH * kernelW;
  const order = windowOrder(kernelH, kernelW, gaps);
  const ordered = new Int8Array(weights.length);
  for (let o = 0; o < outputs; o++) {
    order.forEach((tap, i) => {
      const from = (o * taps + (turned ? taps - 1 - tap : tap)) * inputs;
      ordered.set(weights.subarray(from, from + inputs), (o * taps + i) * inputs);
    });
  }
  const { inputZeroPoint, outputZeroPoint, weightZeroPoint, clampLow, clampHigh } = p;
  const spread = gaps.spreadH * gaps.spreadW > 1;
  const step = {
    kind: KIND_GENERAL_CONV,
    gaps,
    depthMultiplier: groups,
    window: {
      kernelH,
      kernelW,
      strideH: spread ? 1 : p.strideH,
      strideW: spread ? 1 : p.strideW,
      padTop: layer.padTop,
      padLeft: layer.padLeft,
    },
    weights: ordered,
    table: requantizeTable({ bias: [...bias], multiplier: p.multiplier, shift: p.shift }),
    outChunk: outputChunk(outputs / groups, groups, taps * inputs),
    kChunk: 8,
    laneK: 8,
    inputZeroPoint,
    outputZeroPoint,
    weightZeroPoint,
    clampLow,
    clampHigh,
  } as const;
  const from: Shape = [p.inputHeight, p.inputWidth, inputChannels];
  const to: Shape = [p.outputHeight, p.outputWidth, outputs];
  return stepProgram(from, to, step, rounding);
}

export function windowed(random: Random, kind: 'dense' | 'grouped' | 'depthwise'): [Layer, Int8Array] {
  const { integer, pick } = chance(random);
  const groups = kind === 'dense' ? 1 : kind === 'grouped' ? pick(2, 3, 5) : integer(1, 20);
  const inputs = kind === 'depthwise' ? 1 : pick(1, 2, 3, 8, 9, 16);
  const outputs = kind === 'depthwise' ? pick(1, 1, 2, 3) : pick(1, 2, 4, 7, 40);
  const gaps = { ...NO_GAPS, dilationH: integer(1, 4), dilationW: integer(1, 4) };
  const [kernelHeight, kernelWidth] = [integer(1, 4), integer(1, 4)];
  const [strideH, strideW] = [integer(1, 3), integer(1, 3)];
  const [inputHeight, inputWidth] = [integer(1, 12), integer(1, 12)];
  const [padTop, padLeft] = [integer(0, 4), integer(0, 4)];
  const size = (length: number, kernel: number, dilation: number, stride: number, pad: number) =>
    Math.max(1, Math.floor((length + pad + integer(0, 4) - (kernel - 1) * dilation - 1) / stride) + 1);
  const outputHeight = size(inputHeight, kernelHeight, gaps.dilationH, strideH, padTop);
  const outputWidth = size(inputWidth, kernelWidth, gaps.dilationW, strideW, padLeft);
  const [inputChannels, outputChannels] = [inputs * groups, outputs * groups];
  const p: ConvParameters = {
    ...quantization(random, outputChannels),
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
    padTop,
    padLeft,
    dilationH: gaps.dilationH,
    dilationW: gaps.dilationW,
    depthMultiplier: kind === 'depthwise' ? outputs : 0,
  };
  const weights = randomValues(random, outputChannels * kernelHeight * kernelWidth * inputs);
  const bias = Int32Array.from({ length: outputChannels }, () => integer(-20000, 20000));
  const input = randomValues(random, inputHeight * inputWidth * inputChannels);
  const output = new Int8Array(outputHeight * outputWidth * outputChannels);
  return [{ p, groups, gaps, weights, bias, input, padTop, padLeft }, output];
}

export function transposed(random: Random): [Layer, Int8Array] {
  const { integer, pick } = chance(random);
  const [strideH, strideW] = [integer(1, 4), integer(1, 4)];
  const [kernelHeight, kernelWidth] = [integer(1, 5), integer(1, 5)];
  const [inputHeight, inputWidth] = [integer(1, 7), integer(1, 7)];
  const [padTop, padLeft] = [integer(0, kernelHeight - 1), integer(0, kernelWidth - 1)];
  const size = (length: number, kernel: number, stride: number, pad: number) =>
    Math.max(1, (length - 1) * stride + kernel - pad - integer(0, 2) + integer(0, 3));
  const [inputChannels, outputChannels] = [pick(1, 3, 8, 10), pick(1, 2, 5, 70)];
  const p: ConvParameters = {
    ...quantization(random, outputChannels),
    inputHeight,
    inputWidth,
    inputChannels,
    outputHeight: size(inputHeight, kernelHeight, strideH, padTop),
    outputWidth: size(inputWidth, kernelWidth, strideW, padLeft),
    outputChannels,
    kernelHeight,
    kernelWidth,
    strideH,
    strideW,
    padTop,
    padLeft,
    depthMultiplier: 0,
  };
  const layer: Layer = {
    p,
    groups: 1,
    gaps: { ...NO_GAPS, spreadH: strideH, spreadW: strideW },
    weights: randomValues(random, outputChannels * kernelHeight * kernelWidth * inputChannels),
    bias: Int32Array.from({ length: outputChannels }, () => integer(-20000, 20000)),
    input: randomValues(random, inputHeight * inputWidth * inputChannels),
    padTop: kernelHeight - 1 - padTop,
    padLeft: kernelWidth - 1 - padLeft,
    turned: true,
  };
  return [layer, new Int8Array(p.outputHeight * p.outputWidth * outputChannels)];
}

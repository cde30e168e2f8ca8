/**
 * Operators of one input byte, and the exps of softmax, as tables of 256 entries.
 *
 * A byte table maps the raw input byte (value & 255) to the raw output byte: `out = table[in & 255]`, in the dtypes of
 * the operator's own tensors. Source of each formula: tflite-micro, the file named beside it.
 */
import { DepthwiseError } from '../../errors.js';
import type { GraphTensors, Operator, Tensor } from '../../graph/graph.js';
import { perTensor } from '../../graph/graph.js';
import type { Rounding } from './fixedpoint.js';
import {
  multiplyByQuantizedMultiplier,
  roundHalfAwayFromZero,
  roundingDivideByPowerOfTwo,
  saturatingRoundingDoublingHighMul,
} from './fixedpoint.js';
import { expOnNegativeValues, logistic, reciprocal, tanh } from './gemmlowp.js';
import type { RequantizeParameters, SoftmaxParameters } from './prepare.js';
import {
  byteRange,
  clampParameters,
  LOGISTIC_INTEGER_BITS,
  logisticParameters,
  requantizeParameters,
  SOFTMAX_INTEGER_BITS,
  sigmoidParameters,
} from './prepare.js';

/** Calls `f` with every value of the input's dtype and stores what it returns, clamped to the output's dtype. */
export function byteTable(input: Tensor, output: Tensor, f: (value: number) => number): Uint8Array {
  const [first, last] = byteRange(input.dtype);
  const [lowest, highest] = byteRange(output.dtype);
  const table = new Uint8Array(256);
  for (let value = first; value <= last; value++) {
    table[value & 255] = Math.min(highest, Math.max(lowest, f(value))) & 255;
  }
  return table;
}

function inputAndOutput(graph: GraphTensors, operator: Operator): [Tensor, Tensor] {
  return [graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]];
}

/** (value - zero point in) * scale in / scale out + zero point out, clamped. */
function requantizeTable(input: Tensor, output: Tensor, p: RequantizeParameters, rounding: Rounding): Uint8Array {
  return byteTable(input, output, (value) => {
    const scaled = multiplyByQuantizedMultiplier(value - p.inputZeroPoint, p.multiplier, p.shift, rounding);
    return Math.min(p.clampHigh, Math.max(p.clampLow, scaled + p.outputZeroPoint));
  });
}

/** From one byte tensor to another (kernels/internal/reference/requantize.h). */
export function quantizeTable(input: Tensor, output: Tensor, rounding: Rounding = 'double'): Uint8Array {
  return requantizeTable(input, output, requantizeParameters(input, output), rounding);
}

/**
 * A clamp that stands alone (micro/kernels/activations.h, lite/kernels/activations.cc). tflite-micro's clamp to 0..6 never
 * rescales; TFLite's does, and so does this one. They agree where input and output have the same quantisation.
 */
export function clampTable(
  input: Tensor,
  output: Tensor,
  bounds: readonly [low: number, high: number],
  rounding: Rounding = 'double',
): Uint8Array {
  return requantizeTable(input, output, clampParameters(input, output, bounds), rounding);
}

/**
 * 1 / (1 + exp(-x)). int8 is tflite-micro's fixed point (kernels/internal/reference/integer_ops/logistic.h):
 * Q4.27 in, Q0.31 out, rounded to 8 bits. uint8 is TFLite's float32 table (lite/kernels/activations.cc).
 */
export function logisticTable(graph: GraphTensors, operator: Operator, rounding: Rounding = 'double'): Uint8Array {
  const [input, output] = inputAndOutput(graph, operator);
  const p = logisticParameters(graph, operator);
  if (input.dtype === 'uint8') return floatTable(input, output, (x) => 1 / Math.fround(1 + Math.fround(Math.exp(-x))));
  return byteTable(input, output, (value) => {
    const centred = value - p.inputZeroPoint;
    if (centred <= -p.inputRadius) return -128;
    if (centred >= p.inputRadius) return 127;
    const scaled = multiplyByQuantizedMultiplier(centred, p.multiplier, p.shift, rounding);
    return roundingDivideByPowerOfTwo(logistic(scaled, LOGISTIC_INTEGER_BITS), 31 - 8) - 128;
  });
}

/**
 * tanh. int8 is tflite-micro's fixed point (kernels/internal/reference/integer_ops/tanh.h): Q4.27 in, Q0.31 out, rounded to
 * 7 bits behind the point. uint8 is TFLite's float32 table.
 */
export function tanhTable(input: Tensor, output: Tensor, rounding: Rounding = 'double'): Uint8Array {
  if (input.dtype === 'uint8') return floatTable(input, output, Math.tanh);
  const p = sigmoidParameters(input);
  return byteTable(input, output, (value) => {
    const centred = value - p.inputZeroPoint;
    if (Math.abs(centred) >= p.inputRadius) return centred > 0 ? 127 : -128;
    const scaled = multiplyByQuantizedMultiplier(centred, p.multiplier, p.shift, rounding);
    return roundingDivideByPowerOfTwo(tanh(scaled, LOGISTIC_INTEGER_BITS), 31 - 7);
  });
}

/**
 * Any function of one real value, in float32 from byte to byte (LUTPopulate in kernels/internal/common.h). Its result is rounded to
 * float32 here, steps in between are not.
 */
export function floatTable(input: Tensor, output: Tensor, real: (x: number) => number): Uint8Array {
  const { scale, zeroPoint } = perTensor(input);
  const to = perTensor(output);
  const inverse = Math.fround(1 / to.scale);
  return byteTable(input, output, (value) => {
    const result = Math.fround(real(Math.fround(scale * (value - zeroPoint))));
    return roundHalfAwayFromZero(Math.fround(result * inverse)) + to.zeroPoint;
  });
}

/**
 * One input of a concatenation. uint8 rescales in float32 (ConcatenationWithScaling in
 * kernels/internal/reference/concatenation.h). int8 inputs must be quantised as the output is in TFLite; where they are
 * not, it is rescaled as from one byte tensor to another.
 */
export function concatenationTable(input: Tensor, output: Tensor, rounding: Rounding = 'double'): Uint8Array {
  const from = perTensor(input);
  const to = perTensor(output);
  if (input.dtype !== output.dtype) {
    throw new DepthwiseError(
      'MODEL_UNSUPPORTED',
      `A concatenation joins tensor ${input.index} "${input.name}" (${input.dtype}) into ${output.dtype}, expected the same dtype.`,
    );
  }
  if (from.scale === to.scale && from.zeroPoint === to.zeroPoint) return byteTable(input, output, (value) => value);
  if (input.dtype !== 'uint8') return quantizeTable(input, output, rounding);
  const scale = Math.fround(from.scale * Math.fround(1 / to.scale));
  const bias = Math.fround(-from.zeroPoint * scale);
  return byteTable(input, output, (value) => {
    return roundHalfAwayFromZero(Math.fround(Math.fround(value * scale) + bias)) + to.zeroPoint;
  });
}

// --- softmax ------------------------------------------------------------------------------------------------------
// kernels/internal/reference/softmax.h. Of a row of bytes x with maximum max, in integers:
//
//   e[c]  = exps[max - x[c]]                                    Q0.31, from softmaxExpTable
//   sum   = total over c of round(e[c] / 2^12)                   Q12.19
//   lead  = clz32(sum), scale = 1 / (sum << lead) as Q1.31       gemmlowp.ts, reciprocal
//   y[c]  = min(255, round(floor((e[c] * scale + 2^30) / 2^31) / 2^(35 - lead))) + lowest byte of the dtype
//
// round is to nearest, halves away from zero; all of its arguments here are >= 0. 35 - lead = 12 - lead + 31 - 8.

/** exp(-diff * beta * scale) in Q0.31 by diff = max - x, 0..255; 0 where it is too small to count. */
export function softmaxExpTable(p: SoftmaxParameters, rounding: Rounding = 'double'): Int32Array {
  const exps = new Int32Array(256);
  for (let diff = 0; diff < 256 && -diff >= p.diffMin; diff++) {
    const scaled = multiplyByQuantizedMultiplier(-diff, p.multiplier, p.shift, rounding);
    exps[diff] = expOnNegativeValues(scaled, SOFTMAX_INTEGER_BITS);
  }
  return exps;
}

/** Integer bits of the sum of exps. */
export const SOFTMAX_SUM_BITS = 12;

/** Term of the softmax sum for one exp: Q0.31 to Q12.19. */
export function softmaxSumTerm(exp: number): number {
  return roundingDivideByPowerOfTwo(exp, SOFTMAX_SUM_BITS);
}

/**
 * From the sum of exps, once per row: y = round(e * scale / 2^31 / 2^shift). `shift` is 23..35; from 32 on every output
 * is the lowest byte (tflite-micro stops the program there).
 */
export function softmaxScale(sum: number): { scale: number; shift: number } {
  const { scale, bitsOverUnit } = reciprocal(sum, SOFTMAX_SUM_BITS);
  return { scale, shift: bitsOverUnit + 31 - 8 };
}

/** The probability of one class in steps of 1/256, 0..255; the output byte is this plus the lowest of the dtype. */
export function softmaxProbability(exp: number, { scale, shift }: { scale: number; shift: number }): number {
  return Math.min(255, roundingDivideByPowerOfTwo(saturatingRoundingDoublingHighMul(exp, scale), shift));
}

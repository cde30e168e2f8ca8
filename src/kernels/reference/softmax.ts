/**
 * Softmax over the last axis, output scale 1/256:
 *
 *   out[c] = exp(beta * scale * (in[c] - max)) / (sum over k of exp(beta * scale * (in[k] - max)))
 *
 * in gemmlowp's fixed point: Q5.26 into exp, Q0.31 out of it, Q12.19 for the sum. tables.ts lists the integer steps.
 * Source: tflite-micro, kernels/internal/reference/softmax.h. Legacy uint8 takes the same path with its own lowest
 * byte; TFLite's builtin uint8 kernel divides in float32, from which this one may differ by 1.
 */
import type { Bytes } from './bytes.js';
import type { Rounding } from './fixedpoint.js';
import type { SoftmaxParameters } from './prepare.js';
import { softmaxExpTable, softmaxProbability, softmaxScale, softmaxSumTerm } from './tables.js';

export function softmax(input: Bytes, output: Bytes, p: SoftmaxParameters, rounding: Rounding = 'double'): void {
  const exps = softmaxExpTable(p, rounding);
  for (let row = 0; row < p.rows; row++) {
    const from = row * p.depth;
    const to = from + p.depth;
    let max = input[from];
    for (let c = from; c < to; c++) max = Math.max(max, input[c]);
    let sum = 0;
    for (let c = from; c < to; c++) sum += softmaxSumTerm(exps[max - input[c]]);
    const scale = softmaxScale(sum);
    for (let c = from; c < to; c++) {
      output[c] = softmaxProbability(exps[max - input[c]], scale) + p.outputZeroPoint;
    }
  }
}

/**
 * x * min(max(x + 3, 0), 6) / 6 in 16-bit fixed point, from byte to byte:
 *
 *   hires  = (in - zpIn) * 2^7
 *   scaled = hires * (scale in / 2^7 / scale out), its shift to the right left for the end
 *   gate   = hires on a scale on which 3 is 2^15, saturated, then (gate + 2^15) / 2: 0 below -3, 2^15 above 3
 *   out    = clamp(scaled * gate / 2^15, shifted to the right, + zpOut)
 *
 * Source: tflite-micro, kernels/internal/reference/hard_swish.h and micro/kernels/hard_swish_common.cc; int8 and uint8 alike.
 */
import type { Tensor } from '../../graph/graph.js';
import { perTensor } from '../../graph/graph.js';
import { quantizeMultiplier, roundingDivideByPowerOfTwo } from './fixedpoint.js';
import { byteTable } from './tables.js';

const INT16_MAX = 2 ** 15 - 1;

const saturate = (x: number) => Math.max(-(2 ** 15), Math.min(INT16_MAX, x));

/** a * b / 2^15 of two int16 to the nearest integer, as gemmlowp rounds; saturated. */
function roundingDoublingHighMul(a: number, b: number): number {
  const product = a * b;
  return saturate(Math.trunc((product + (product >= 0 ? 2 ** 14 : 1 - 2 ** 14)) / 2 ** 15));
}

interface Factor {
  /** 15 fraction bits. */
  multiplier: number;
  shift: number;
}

/** A factor of 16 bits. */
function factor16(real: number): Factor {
  const { multiplier, shift } = quantizeMultiplier(real);
  return { multiplier: Math.min(INT16_MAX, Math.floor((multiplier + 2 ** 15) / 2 ** 16)), shift };
}

/** Greatest ratio of input to output scale: the output's factor must only shift to the right. */
export const MOST_RATIO = 128;

export function hardSwishTable(input: Tensor, output: Tensor): Uint8Array {
  const from = perTensor(input);
  const to = perTensor(output);
  const hiresScale = from.scale / 128;
  const out = factor16(Math.fround(hiresScale / to.scale));
  const gate = factor16(Math.fround(hiresScale / (3 / 2 ** 15)));
  return byteTable(input, output, (value) => {
    const hires = (value - from.zeroPoint) * 128;
    const scaled = roundingDoublingHighMul(hires, out.multiplier);
    const product = Math.trunc((((gateOf(hires, gate) + 2 ** 15) >> 1) * scaled) / 2 ** 15);
    return roundingDivideByPowerOfTwo(product, -out.shift) + to.zeroPoint;
  });
}

/** x on a scale on which 3 is 2^15. The last step of a shift to the left saturates what counts, all before lose nothing. */
function gateOf(x: number, { multiplier, shift }: Factor): number {
  const shifted = shift > 0 ? saturate(x * 2 ** (shift - 1)) : x;
  const scaled = roundingDoublingHighMul(shifted, multiplier);
  if (shift > 0) return saturate(scaled * 2);
  return roundingDivideByPowerOfTwo(scaled, -shift);
}

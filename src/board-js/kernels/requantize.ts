/**
 * From a 32-bit accumulator to an int8, as TFLite does it: multiply by multiplier * 2^(shift - 31), round, add the zero
 * point, clamp. Rounding is gemmlowp's, twice (to the product's upper half, then to the right shift, half away from
 * zero), or once (TFLITE_SINGLE_ROUNDING). src/kernels/reference/fixedpoint.ts is the readable form.
 *
 * The common case, a clamp at the zero point (ReLU) and a right shift s of 1 to 12, is one multiplication and one addition:
 *
 *   value = floor(sum * scale + addend)
 *   scale = multiplier / 2^(31 + s), addend = (bias * multiplier + 2^30 + 2^(30 + s)) / 2^(31 + s) + zero point + 512
 *
 * It is exact in doubles for |bias| < 2^20. The addend is: its numerator stays below 2^53. So are the product and the
 * whole, unless their numerators have more than 53 bits: then the value is beyond 2^(53 - 31 - 12) = 1024, or negative,
 * and is clamped anyway. The offset of 512, which an int8 does not see, makes every value that is not clamped positive,
 * so that storing it is the floor. Halves of negative products, which gemmlowp rounds down, are below the zero point.
 */
import { S_CLAMP_HIGH, S_CLAMP_LOW, S_OUT_CHANNELS, S_OUT_ZERO_POINT, S_TABLE } from '../../program/layout.js';
import { byte, word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { floor, max, min, TWO_30, TWO_31 } from '../powers.js';

/** Output channels whose tables are in scratch at a time. */
export const CHUNK = 64;
/** Added to values: see above. */
export const OFFSET = 512;
const LARGEST_SHIFT = 12;
const MOST_BIAS = 1048576;
const BIAS_BITS = 21;

/**
 * value * multiplier * 2^(shift - 31), rounded; shift positive is left, and wraps as in C: the value that is shifted, or with
 * one rounding the result. Products are split at 16 bits of the multiplier: each part stays below 2^48.
 */
export function rescale(m: Machine, value: number, multiplier: number, shift: number): number {
  const single = m._single;
  if (shift > 0 && !single) {
    value <<= shift;
    shift = 0;
  }
  const divisor = 32768 * (shift > 0 ? 1 / (1 << shift) : (1 << -shift) >>> 0);
  // floor((value * multiplier + 2^30) / 2^16), of which single rounding leaves out the 2^30
  const low = value * (multiplier & 65535);
  let product = value * (multiplier >> 16);
  // Bits below 2^16 count for such shifts, and those above 2^47 for none.
  if (shift > 14) product = (product | 0) + low / 65536;
  else product += floor((single ? low : low + TWO_30) / 65536);
  if (single) product += divisor / 2;
  else if (shift) product += product < 0 ? divisor / 2 - 32768 : divisor / 2;
  return floor(product / divisor) | 0;
}

function shiftOf(m: Machine, channel: number): number {
  return (byte(m, m._step[S_TABLE / 2] + 8 * m._step[S_OUT_CHANNELS / 2] + channel) << 24) >> 24;
}

/** Gets scales and addends of channels [channel, channel + n) ready; a scale is 0 where it is not the common case. */
export function readTable(m: Machine, channel: number, n: number): void {
  const s = m._step;
  const zero = s[S_OUT_ZERO_POINT / 2];
  const relu = m._single || s[S_CLAMP_LOW / 2] >= zero;
  for (let i = 0; i < n; i++, channel++) {
    const at = s[S_TABLE / 2] + 4 * channel;
    const shift = shiftOf(m, channel);
    const bias = word(m, at);
    const multiplier = word(m, at + 4 * s[S_OUT_CHANNELS / 2]);
    const unit = TWO_31 * (1 << -shift);
    // Taken as unsigned, what is below a range is beyond every limit.
    const common = relu && (shift + LARGEST_SHIFT) >>> 0 < LARGEST_SHIFT && !((bias + MOST_BIAS) >>> BIAS_BITS);
    m._scales[i] = common ? multiplier / unit : 0;
    m._addends[i] = (bias * multiplier + unit / 2 + (m._single ? 0 : TWO_30)) / unit + zero + OFFSET;
  }
}

/** The value, plus OFFSET, of a channel's sum in any case; not clamped. */
export function generalValue(m: Machine, sum: number, channel: number): number {
  const s = m._step;
  const at = s[S_TABLE / 2] + 4 * channel;
  sum = (sum + word(m, at)) | 0;
  return (
    rescale(m, sum, word(m, at + 4 * s[S_OUT_CHANNELS / 2]), shiftOf(m, channel)) + s[S_OUT_ZERO_POINT / 2] + OFFSET
  );
}

/** A value of the step's output between its bounds. */
export function clamp(s: Int32Array, value: number): number {
  return min(max(value, s[S_CLAMP_LOW / 2]), s[S_CLAMP_HIGH / 2]);
}

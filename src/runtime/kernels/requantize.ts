/**
 * From a 32-bit accumulator to an int8, as TFLite does it: multiply by multiplier * 2^(shift - 31), round, add the zero
 * point, clamp. Rounding is gemmlowp's, twice (to the product's upper half, then to the right shift, half away from
 * zero), or once (TFLITE_SINGLE_ROUNDING). src/kernels/reference/fixedpoint.ts is the readable form.
 *
 * The common case needs one multiplication and no call. With product = accumulator * multiplier and a right shift s,
 *
 *   value = floor((product + 2^30 + 2^(30 + s) - (product + 2^30 < 0 ? 2^31 : 0)) / 2^(31 + s))
 *
 * is exact in doubles for s <= 12, although the product has up to 62 bits: it is rounded only from 2^53 on, and there
 * the value is beyond 2^(53 - 31 - 12) = 1024 and is clamped anyway. An offset of 512, which an int8 does not see,
 * makes every value that is not clamped positive, so that `| 0` is the floor.
 */
import { S_CLAMP_HIGH, S_CLAMP_LOW, S_OUT_CHANNELS, S_OUT_ZERO_POINT, S_TABLE } from '../../format/layout.js';
import { byte, word } from '../bytes.js';
import type { Machine } from '../machine.js';
import { floor, TWO_30, TWO_31 } from '../powers.js';

/** Output channels whose tables are in scratch at a time. */
export const CHUNK = 64;
/** Added to values: see above. */
export const OFFSET = 512;
const LARGEST_SHIFT = 12;

/**
 * value * multiplier * 2^(shift - 31), rounded; shift positive is left, and wraps as in C. Products are split at 16 bits of
 * the multiplier: each part stays below 2^48.
 */
export function rescale(m: Machine, value: number, multiplier: number, shift: number): number {
  if (shift > 0) {
    value <<= shift;
    shift = 0;
  }
  // floor((value * multiplier + 2^30) / 2^16), of which single rounding leaves out the 2^30
  const low = value * (multiplier & 65535);
  let product = value * (multiplier >> 16) + floor((m._single ? low : low + TWO_30) / 65536);
  const divisor = 32768 * ((1 << -shift) >>> 0);
  if (m._single) product += divisor / 2;
  else if (shift) product += product < 0 ? divisor / 2 - 32768 : divisor / 2;
  return floor(product / divisor);
}

/** Reads biases, multipliers and shifts of channels [channel, channel + n) and gets the common case ready. */
export function readTable(m: Machine, channel: number, n: number): void {
  const s = m._step;
  const table = s[S_TABLE / 2];
  const channels = s[S_OUT_CHANNELS / 2];
  for (let i = 0; i < n; i++, channel++) {
    const shift = (byte(m, table + 8 * channels + channel) << 24) >> 24;
    const unit = TWO_31 * (1 << -shift);
    const common = shift < 0 && shift >= -LARGEST_SHIFT;
    m._biases[i] = word(m, table + 4 * channel);
    m._multipliers[i] = word(m, table + 4 * (channels + channel));
    m._factors[i] = common ? 1 / unit : 0;
    m._addends[i] = common ? unit / 2 + (m._single ? 0 : TWO_30) + (s[S_OUT_ZERO_POINT / 2] + OFFSET) * unit : shift;
  }
}

/** What a product below -2^30 loses: nothing where it rounds once, or where the clamp at the zero point hides it. */
export function negativeLoss(m: Machine): number {
  const s = m._step;
  return m._single || s[S_CLAMP_LOW / 2] >= s[S_OUT_ZERO_POINT / 2] ? 0 : TWO_31;
}

/** Value of channel i of the table where it is not the common case; not clamped. The bias is in the accumulator. */
export function rareValue(m: Machine, accumulator: number, i: number): number {
  return rescale(m, accumulator, m._multipliers[i], m._addends[i]) + m._step[S_OUT_ZERO_POINT / 2] + OFFSET;
}

/** A value of the step's output between its bounds. */
export function clamp(s: Int32Array, value: number): number {
  const low = s[S_CLAMP_LOW / 2];
  const high = s[S_CLAMP_HIGH / 2];
  if (value > high) value = high;
  if (value < low) value = low;
  return value;
}

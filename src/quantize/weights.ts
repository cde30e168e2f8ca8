/** int8 weights, symmetric, one scale for each output channel, and the int32 bias that belongs to them. */

/** A bias may be this large, so that sums of products have room above it in 32 bits. */
const MAX_BIAS = 2 ** 30;

export interface QuantizedWeights {
  weights: Int8Array;
  bias: Int32Array;
  /** float32 values, one per channel; a single one where `perChannel` is false. */
  scale: number[];
}

/**
 * real weight = scale * int8 in -127..127 (TFLite forbids -128), real bias = inputScale * scale * int32. `channelOf`
 * gives the output channel of a weight by its position.
 */
export function quantizeWeights(
  weights: Float32Array,
  bias: Float32Array,
  channelOf: (position: number) => number,
  inputScale: number,
  perChannel: boolean,
): QuantizedWeights {
  const channels = bias.length;
  const largest = new Float64Array(channels);
  weights.forEach((weight, i) => {
    const channel = channelOf(i);
    largest[channel] = Math.max(largest[channel], Math.abs(weight));
  });
  // A channel of tiny weights and a large bias gets a scale that the bias can be told in.
  const wanted = Array.from(largest, (value, c) => Math.max(value / 127, Math.abs(bias[c]) / (inputScale * MAX_BIAS)));
  const overall = usableScale(wanted.reduce((a, b) => Math.max(a, b), 0));
  // Far below the largest scale nothing is left to be heard, and factors must stay in the range of a 32-bit fraction.
  const scales = wanted.map((value) => Math.fround(perChannel ? Math.max(value, overall * 2 ** -20) : overall));
  return {
    weights: Int8Array.from(weights, (weight, i) => clamp(Math.round(weight / scales[channelOf(i)]), 127)),
    bias: quantizeBias(bias, scales, inputScale),
    scale: perChannel ? scales : [scales[0]],
  };
}

/** real bias = inputScale * scale * int32, one scale for each channel or one for all. */
export function quantizeBias(bias: Float32Array, scales: readonly number[], inputScale: number): Int32Array {
  const scale = (channel: number) => inputScale * scales[scales.length > 1 ? channel : 0];
  return Int32Array.from(bias, (value, c) => clamp(Math.round(value / scale(c)), 2 ** 31 - 1));
}

/** `scale` as float32; 1 where it is so small that float32 has no precision left: then all values are 0. */
export function usableScale(scale: number): number {
  return scale < 2 ** -100 ? 1 : Math.fround(scale);
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

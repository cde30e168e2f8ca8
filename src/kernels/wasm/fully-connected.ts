// One output pixel of a 1x1 input: there is no second pixel to share a word with, so weights and inputs meet in plain i32.
import * as L from '../../program/layout';
import { K_BLOCK } from './lanes';
import { clamp, multiplyByQuantizedMultiplier, readTable } from './requantize';
import { inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

/** Weights as in conv.ts. Scratch as there: sums, the table in the place of records, and the weights in that of words. */
export function fullyConnected(): void {
  const channels = word16(L.S_OUT_CHANNELS);
  const chunk = word16(L.S_OUT_CHUNK);
  const k = word16(L.S_IN_CHANNELS);
  const input = inputRow(0);
  const weightZeroPoint = signed16(L.S_WEIGHT_ZERO_POINT);
  let correction = 0;
  if (weightZeroPoint != 0) {
    for (let i = 0; i < k; i++) correction -= load<i8>(input + i);
    correction *= weightZeroPoint;
  }
  const sums = scratch() + L.SCRATCH_SUMS;
  const biases = scratch() + L.SCRATCH_RECORDS;
  const zeroPoint = signed16(L.S_OUT_ZERO_POINT);
  const weights = scratch() + L.SCRATCH_WORDS;
  let output = outputRow(0);
  for (let channel = 0; channel < channels; channel += chunk) {
    const n = readTable(biases, channel);
    const multipliers = biases + 4 * n;
    const end = sums + 4 * n;
    for (let sum = sums; sum < end; sum += 4) store<i32>(sum, correction);
    for (let kb = 0; kb < k; kb += K_BLOCK) {
      const width = min(K_BLOCK, k - kb);
      read(weights, word32(L.S_WEIGHTS) + kb * channels + channel * width, n * width);
      if (width == K_BLOCK) dot8(input + kb, weights, sums, end);
      else dotRest(input + kb, weights, width, sums, end);
    }
    for (let i = 0; i < n; i++) {
      const sum = load<i32>(sums + 4 * i) + load<i32>(biases + 4 * i);
      const shift: i32 = load<i8>(multipliers + 4 * n + i);
      store<u8>(output++, clamp(multiplyByQuantizedMultiplier(sum, load<i32>(multipliers + 4 * i), shift) + zeroPoint));
    }
  }
}

/** sums[o] += sum over k < 8 of input[k] * weights[o * 8 + k] */
function dot8(input: i32, weights: i32, sums: i32, end: i32): void {
  const a: i32 = load<i8>(input), b: i32 = load<i8>(input, 1), c: i32 = load<i8>(input, 2), d: i32 = load<i8>(input, 3);
  const e: i32 = load<i8>(input, 4), f: i32 = load<i8>(input, 5), g: i32 = load<i8>(input, 6), h: i32 = load<i8>(input, 7);
  do {
    store<i32>(
      sums,
      load<i8>(weights) * a + load<i32>(sums) +
        load<i8>(weights, 1) * b + load<i8>(weights, 2) * c + load<i8>(weights, 3) * d +
        load<i8>(weights, 4) * e + load<i8>(weights, 5) * f + load<i8>(weights, 6) * g + load<i8>(weights, 7) * h,
    );
    weights += K_BLOCK;
    sums += 4;
  } while (sums != end);
}

function dotRest(input: i32, weights: i32, width: i32, sums: i32, end: i32): void {
  for (; sums < end; sums += 4) {
    let sum = load<i32>(sums);
    for (let i = 0; i < width; i++) sum += <i32>load<i8>(input + i) * <i32>load<i8>(weights++);
    store<i32>(sums, sum);
  }
}

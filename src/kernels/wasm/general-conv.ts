// Convolution with dilation, groups or a spread (src/steps/general-conv.ts): the values under a pixel's windows are copied, group
// by group, as 16 bits less the zero point. Then eight of them at a time meet the weights of all outputs of their group. Weights
// stand in the blob as [outputs][K], window positions by phase.
import * as L from '../../program/layout';
import { K_BLOCK } from './lanes';
import { clamp, multiplyByQuantizedMultiplier, readTable } from './requantize';
import { endRow, firstRow, inputPixel, inputRow, outputRow, read, scratch, signed16, word16, word32 } from './step';

/** The task's output rows. Scratch: a chunk's table and sums, the copied values, the chunk's weights. */
export function generalConv(): void {
  const outputs = word16(L.S_OUT_CHANNELS);
  const chunk = word16(L.S_OUT_CHUNK);
  const inputs = inputPixel() / word16(L.S_GROUPS);
  const k = word16(L.S_KERNEL_H) * word16(L.S_KERNEL_W) * inputs;
  const groups = max(1, chunk / (outputs / word16(L.S_GROUPS)));
  const values = scratch() + ((13 * chunk + 7) & ~7);
  const weights = values + ((groups * k * 2 + 7) & ~7);
  for (let channel = 0; channel < outputs; channel += chunk) {
    const n = readTable(scratch() + 4 * chunk, channel);
    read(weights, word32(L.S_WEIGHTS) + channel * k, n * k);
    for (let y = firstRow(); y < endRow(); y++) outputsOfRow(y, channel, n, inputs, values, weights);
  }
}

/** n outputs from `channel` on of output row y. */
function outputsOfRow(y: i32, channel: i32, n: i32, inputs: i32, values: i32, weights: i32): void {
  const perGroup = word16(L.S_OUT_CHANNELS) / word16(L.S_GROUPS);
  const ofGroup = min(n, perGroup);
  const first = channel / perGroup * inputs;
  const kernelH = word16(L.S_KERNEL_H);
  const kernelW = word16(L.S_KERNEL_W);
  const spreadH = word16(L.S_SPREAD_H);
  const spreadW = word16(L.S_SPREAD_W);
  const k = kernelH * kernelW * inputs;
  const down = y * word16(L.S_STRIDE_H) - word16(L.S_PAD_TOP);
  const phaseY = modulo(-down, spreadH);
  const rows = positions(kernelH, phaseY, spreadH);
  const sums = scratch();
  const biases = sums + 4 * word16(L.S_OUT_CHUNK);
  let to = outputRow(y) + channel;
  for (let x = 0; x < word16(L.S_OUT_WIDTH); x++) {
    const right = x * word16(L.S_STRIDE_W) - word16(L.S_PAD_LEFT);
    const phaseX = modulo(-right, spreadW);
    const columns = positions(kernelW, phaseX, spreadW);
    const count = rows * columns * inputs;
    copyWindows((down + phaseY) / spreadH, rows, (right + phaseX) / spreadW, columns, first, n / ofGroup, inputs, values);
    memory.copy(sums, biases, 4 * n);
    let at = weights + (before(kernelH, phaseY, spreadH) * kernelW + rows * before(kernelW, phaseX, spreadW)) * inputs;
    let group = values;
    let sum = sums;
    for (const end = sums + 4 * n; sum < end; sum += 4 * ofGroup) {
      multiply(group, count, at, k, sum, sum + 4 * ofGroup);
      if (signed16(L.S_WEIGHT_ZERO_POINT)) subtractZeroPoint(group, count, sum, sum + 4 * ofGroup);
      group += 2 * count;
      at += k * ofGroup;
    }
    finish(sums, biases, n, to);
    to += word16(L.S_OUT_PIXEL_STRIDE);
  }
}

/** Window positions of a phase: phase, phase + spread, ... below `kernel`. */
function positions(kernel: i32, phase: i32, spread: i32): i32 {
  return (kernel - phase + spread - 1) / spread;
}

/** Window positions of the phases before this one. */
function before(kernel: i32, phase: i32, spread: i32): i32 {
  return phase * (kernel / spread) + min(phase, kernel % spread);
}

function modulo(a: i32, b: i32): i32 {
  a %= b;
  return a < 0 ? a + b : a;
}

/**
 * Copies what stands under the window that begins at input pixel (top, left), less the zero point: of `groups` groups from
 * channel `first` on, as [groups][rows][columns][inputs].
 */
function copyWindows(top: i32, rows: i32, left: i32, columns: i32, first: i32, groups: i32, inputs: i32, to: i32): void {
  const group = 2 * rows * columns * inputs;
  // One input channel a group: the groups are what is counted.
  const inner = inputs == 1 ? groups : inputs;
  const outer = inputs == 1 ? 1 : groups;
  const step = inputs == 1 ? group : 2;
  const zero = signed16(L.S_IN_ZERO_POINT);
  const pixel = inputPixel();
  for (let i = 0; i < rows; i++) {
    const y = top + i * word16(L.S_DILATION_H);
    const row = <u32>y < <u32>word16(L.S_IN_HEIGHT) ? inputRow(y) + first : 0;
    for (let j = 0; j < columns; j++) {
      const x = left + j * word16(L.S_DILATION_W);
      const inside = row && <u32>x < <u32>word16(L.S_IN_WIDTH);
      let from = row + x * pixel;
      for (let g = 0; g < outer; g++) {
        let at = to + g * group;
        const end = from + inner;
        if (inside && step == 2) {
          for (; from + 4 <= end; from += 4) {
            store<i16>(at, <i32>load<i8>(from) - zero);
            store<i16>(at, <i32>load<i8>(from, 1) - zero, 2);
            store<i16>(at, <i32>load<i8>(from, 2) - zero, 4);
            store<i16>(at, <i32>load<i8>(from, 3) - zero, 6);
            at += 8;
          }
        }
        for (; from < end; from++) {
          store<i16>(at, inside ? <i32>load<i8>(from) - zero : 0);
          at += step;
        }
      }
      to += 2 * inputs;
    }
  }
}

/** Adds `count` copied values times weights to the sums of their group, whose weights are k apart. */
function multiply(values: i32, count: i32, weights: i32, k: i32, sums: i32, end: i32): void {
  const last = values + 2 * count;
  for (const eights = values + ((count & ~7) << 1); values != eights; values += 2 * K_BLOCK) {
    multiplyEight(values, weights, k, sums, end);
    weights += K_BLOCK;
  }
  for (; values != last; values += 2) {
    const value = <i32>load<i16>(values);
    let at = weights++;
    for (let sum = sums; sum != end; sum += 4) {
      store<i32>(sum, load<i8>(at) * value + load<i32>(sum));
      at += k;
    }
  }
}

// @ts-ignore: decorator
@inline function multiplyEight(values: i32, weights: i32, k: i32, sum: i32, end: i32): void {
  const a: i32 = load<i16>(values), b: i32 = load<i16>(values, 2), c: i32 = load<i16>(values, 4), d: i32 = load<i16>(values, 6);
  const e: i32 = load<i16>(values, 8), f: i32 = load<i16>(values, 10), g: i32 = load<i16>(values, 12), h: i32 = load<i16>(values, 14);
  do {
    store<i32>(
      sum,
      load<i8>(weights) * a + load<i32>(sum) +
        load<i8>(weights, 1) * b + load<i8>(weights, 2) * c + load<i8>(weights, 3) * d +
        load<i8>(weights, 4) * e + load<i8>(weights, 5) * f + load<i8>(weights, 6) * g + load<i8>(weights, 7) * h,
    );
    weights += k;
    sum += 4;
  } while (sum != end);
}

/** Subtracts the weights' zero point times the values' sum from sums. */
function subtractZeroPoint(values: i32, count: i32, sum: i32, end: i32): void {
  let total = 0;
  for (const last = values + 2 * count; values < last; values += 2) total += <i32>load<i16>(values);
  total *= signed16(L.S_WEIGHT_ZERO_POINT);
  for (; sum != end; sum += 4) store<i32>(sum, load<i32>(sum) - total);
}

/** Outputs of n sums. Behind the biases stand multipliers and shifts. */
function finish(sum: i32, biases: i32, n: i32, to: i32): void {
  const zeroPoint = signed16(L.S_OUT_ZERO_POINT);
  let multiplier = biases + 4 * n;
  let shift = multiplier + 4 * n;
  for (const end = sum + 4 * n; sum != end; sum += 4) {
    const scaled = multiplyByQuantizedMultiplier(load<i32>(sum), load<i32>(multiplier), load<i8>(shift++));
    store<u8>(to++, clamp(scaled + zeroPoint));
    multiplier += 4;
  }
}

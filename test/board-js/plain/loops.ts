/**
 * The same network on plain loops: what src/board-js is measured against. One multiply-accumulate per turn of the inner
 * loop, everything in locals, indices that run along, inputs copied into a padded array so that windows need no bounds
 * checks; requantisation is the runtime's own common case. Script of its own: no executor, no file, a typed array per tensor.
 */

import { softmax as runtimeSoftmax } from '../../../src/board-js/kernels/softmax.js';
import type { Machine } from '../../../src/board-js/machine.js';
import { TWO_30, TWO_31 } from '../../../src/board-js/powers.js';
import {
  S_CLAMP_HIGH,
  S_CLAMP_LOW,
  S_IN_CHANNELS,
  S_IN_HEIGHT,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_KERNEL_H,
  S_KERNEL_W,
  S_OUT_ADDRESS,
  S_OUT_CHANNELS,
  S_OUT_HEIGHT,
  S_OUT_WIDTH,
  S_OUT_ZERO_POINT,
  S_PAD_LEFT,
  S_PAD_TOP,
  S_STRIDE_H,
  S_STRIDE_W,
} from '../../../src/program/layout.js';

/** 2^exponent. */
function power(exponent: number): number {
  let value = 1;
  for (; exponent > 0; exponent--) value *= 2;
  return value;
}

/** As in src/board-js/kernels/requantize.ts. */
const OFFSET = 512;

export interface Layer {
  /** The record of a step: the field at byte S_X stands at S_X / 2. */
  step: number[];
  input: Int8Array;
  output: Int8Array;
  /** CONV [outputs][kernelH][kernelW][channels], DEPTHWISE [channels][kernelH][kernelW]. */
  weights: Int8Array;
  biases: Int32Array;
  multipliers: Int32Array;
  /** Positive is left. */
  shifts: Int8Array;
  /** Of mean: one multiplier and shift. Of softmax: the table of exponentials, as bytes. */
  table: Int8Array;
}

/**
 * What turns accumulators into values, per channel: floor((acc * multiplier + addend) / unit), with `loss` less where the
 * product is negative. Exact for accumulators below 2^22, whose products fit a double.
 */
interface Requantization {
  multipliers: Float64Array;
  addends: Float64Array;
  factors: Float64Array;
  loss: number;
}

function requantization(layer: Layer): Requantization {
  const s = layer.step;
  const n = layer.shifts.length;
  const multipliers = new Float64Array(n);
  const addends = new Float64Array(n);
  const factors = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const shift = layer.shifts[i];
    const unit = power(shift < 0 ? 31 - shift : 31);
    multipliers[i] = layer.multipliers[i] * power(Math.max(shift, 0));
    addends[i] = TWO_30 + (shift < 0 ? unit / 2 : 0) + (s[S_OUT_ZERO_POINT / 2] + OFFSET) * unit;
    factors[i] = 1 / unit;
  }
  return { multipliers, addends, factors, loss: s[S_CLAMP_LOW / 2] >= s[S_OUT_ZERO_POINT / 2] ? 0 : TWO_31 };
}

/** Of a layer with a window: the input with padding around it, or the input itself where there is none. */
interface Padded {
  values: Int8Array;
  width: number;
}

function pad(layer: Layer): Padded {
  const s = layer.step;
  const a = layer.input;
  const height = (s[S_OUT_HEIGHT / 2] - 1) * s[S_STRIDE_H / 2] + s[S_KERNEL_H / 2];
  const width = (s[S_OUT_WIDTH / 2] - 1) * s[S_STRIDE_W / 2] + s[S_KERNEL_W / 2];
  const channels = s[S_IN_CHANNELS / 2];
  const inputHeight = s[S_IN_HEIGHT / 2];
  const inputWidth = s[S_IN_WIDTH / 2];
  if (height === inputHeight && width === inputWidth) return { values: a, width };
  const zero = s[S_IN_ZERO_POINT / 2];
  const values = new Int8Array(height * width * channels);
  let to = 0;
  for (let y = -s[S_PAD_TOP / 2]; y < height - s[S_PAD_TOP / 2]; y++) {
    for (let x = -s[S_PAD_LEFT / 2]; x < width - s[S_PAD_LEFT / 2]; x++) {
      const inside = y >= 0 && y < inputHeight && x >= 0 && x < inputWidth;
      let from = (y * inputWidth + x) * channels;
      for (const end = to + channels; to < end; to++) values[to] = inside ? a[from++] : zero;
    }
  }
  return { values, width };
}

function conv(layer: Layer): void {
  const s = layer.step;
  const source = pad(layer);
  const a = source.values;
  const w = layer.weights;
  const out = layer.output;
  const biases = layer.biases;
  const requantize = requantization(layer);
  const multipliers = requantize.multipliers;
  const addends = requantize.addends;
  const factors = requantize.factors;
  const loss = requantize.loss;
  const negative = -TWO_30;
  const outputs = s[S_OUT_CHANNELS / 2];
  const channels = s[S_IN_CHANNELS / 2];
  const width = s[S_OUT_WIDTH / 2];
  const height = s[S_OUT_HEIGHT / 2];
  const kernelH = s[S_KERNEL_H / 2];
  const run = s[S_KERNEL_W / 2] * channels;
  const rowBytes = source.width * channels;
  const low = s[S_CLAMP_LOW / 2] + OFFSET;
  const high = s[S_CLAMP_HIGH / 2] + OFFSET;
  let io = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const start = y * s[S_STRIDE_H / 2] * rowBytes + x * s[S_STRIDE_W / 2] * channels;
      let iw = 0;
      for (let o = 0; o < outputs; o++) {
        let acc = biases[o];
        for (let ky = 0; ky < kernelH; ky++) {
          let ia = start + ky * rowBytes;
          const end = ia + run;
          while (ia < end) acc += a[ia++] * w[iw++];
        }
        acc *= multipliers[o];
        acc = (((acc < negative ? acc - loss : acc) + addends[o]) * factors[o]) | 0;
        if (acc < low) acc = low;
        if (acc > high) acc = high;
        out[io++] = acc;
      }
    }
  }
}

function depthwise(layer: Layer): void {
  const s = layer.step;
  const source = pad(layer);
  const a = source.values;
  const w = layer.weights;
  const out = layer.output;
  const biases = layer.biases;
  const requantize = requantization(layer);
  const multipliers = requantize.multipliers;
  const addends = requantize.addends;
  const factors = requantize.factors;
  const loss = requantize.loss;
  const negative = -TWO_30;
  const channels = s[S_IN_CHANNELS / 2];
  const width = s[S_OUT_WIDTH / 2];
  const height = s[S_OUT_HEIGHT / 2];
  const kernelH = s[S_KERNEL_H / 2];
  const kernelW = s[S_KERNEL_W / 2];
  const rowBytes = source.width * channels;
  const run = kernelW * channels;
  const low = s[S_CLAMP_LOW / 2] + OFFSET;
  const high = s[S_CLAMP_HIGH / 2] + OFFSET;
  let io = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const start = y * s[S_STRIDE_H / 2] * rowBytes + x * s[S_STRIDE_W / 2] * channels;
      let iw = 0;
      for (let c = 0; c < channels; c++) {
        let acc = biases[c];
        for (let ky = 0; ky < kernelH; ky++) {
          let ia = start + ky * rowBytes + c;
          const end = ia + run;
          while (ia < end) {
            acc += a[ia] * w[iw++];
            ia += channels;
          }
        }
        acc *= multipliers[c];
        acc = (((acc < negative ? acc - loss : acc) + addends[c]) * factors[c]) | 0;
        if (acc < low) acc = low;
        if (acc > high) acc = high;
        out[io++] = acc;
      }
    }
  }
}

function mean(layer: Layer): void {
  const s = layer.step;
  const a = layer.input;
  const channels = s[S_IN_CHANNELS / 2];
  const count = s[S_IN_HEIGHT / 2] * s[S_IN_WIDTH / 2];
  const { multipliers, addends, factors, loss } = requantization(layer);
  for (let c = 0; c < channels; c++) {
    let acc = -count * s[S_IN_ZERO_POINT / 2];
    for (let i = c; i < count * channels; i += channels) acc += a[i];
    acc *= multipliers[0];
    acc = (((acc < -TWO_30 ? acc - loss : acc) + addends[0]) * factors[0]) | 0;
    if (acc < s[S_CLAMP_LOW / 2] + OFFSET) acc = s[S_CLAMP_LOW / 2] + OFFSET;
    if (acc > s[S_CLAMP_HIGH / 2] + OFFSET) acc = s[S_CLAMP_HIGH / 2] + OFFSET;
    layer.output[c] = acc;
  }
}

/** The runtime's own: ten values are not worth a second one. Input at 0 and output behind it, in an arena of their own. */
function softmax(layer: Layer): void {
  const n = layer.input.length;
  const step = layer.step.slice();
  step[S_OUT_ADDRESS / 2] = n;
  const arena = new Int8Array(2 * n);
  arena.set(layer.input);
  runtimeSoftmax({ _arena: arena, _bytes: layer.table, _step: step } as unknown as Machine, 0, 1);
  layer.output.set(arena.subarray(n));
}

export default { conv, depthwise, mean, softmax };

/** Depthwise convolution of any window, stride and depth multiplier. Weights: [output channels][kernelH * kernelW]. */
import {
  S_DEPTH_MULTIPLIER,
  S_IN_CHANNELS,
  S_IN_WIDTH,
  S_IN_ZERO_POINT,
  S_KERNEL_H,
  S_KERNEL_W,
  S_OUT_CHANNELS,
  S_OUT_PIXEL_STRIDE,
  S_OUT_WIDTH,
  S_PAD_LEFT,
  S_PAD_TOP,
  S_STRIDE_H,
  S_STRIDE_W,
  S_WEIGHT_ZERO_POINT,
  S_WEIGHTS,
} from '../../program/layout.js';
import { seek } from '../bytes.js';
import type { Machine } from '../machine.js';
import { clamp, generalValue, OFFSET } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** One channel of output row y. */
function channelRow(m: Machine, y: number, channel: number): void {
  const a = m._arena;
  const w = m._bytes;
  const s = m._step;
  const kernelH = s[S_KERNEL_H / 2];
  const kernelW = s[S_KERNEL_W / 2];
  const pixel = s[S_IN_CHANNELS / 2];
  const width = s[S_IN_WIDTH / 2];
  const zero = s[S_IN_ZERO_POINT / 2];
  const weightZeroPoint = s[S_WEIGHT_ZERO_POINT / 2];
  const top = y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2];
  const weights = s[S_WEIGHTS / 2] + channel * kernelH * kernelW;
  const source = (channel / s[S_DEPTH_MULTIPLIER / 2]) | 0;
  let out = outputRow(m, y) + channel;
  for (let x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
    const left = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2];
    let sum = 0;
    for (let ky = 0; ky < kernelH; ky++) {
      const row = inputRow(m, top + ky);
      let at = seek(m, weights + ky * kernelW, kernelW);
      for (let column = left; column < left + kernelW; column++) {
        const inside = row >= 0 && column >= 0 && column < width;
        sum += (w[at++] - weightZeroPoint) * (inside ? a[row + column * pixel + source] : zero);
      }
    }
    a[out] = clamp(s, generalValue(m, sum, channel) - OFFSET);
    out += s[S_OUT_PIXEL_STRIDE / 2];
  }
}

export function anyDepthwise(m: Machine, first: number, rows: number): void {
  for (let y = first; y < first + rows; y++) {
    for (let channel = 0; channel < m._step[S_OUT_CHANNELS / 2]; channel++) channelRow(m, y, channel);
  }
}

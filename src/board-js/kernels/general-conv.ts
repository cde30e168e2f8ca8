/**
 * Convolution with dilation, groups or a spread (src/steps/general-conv.ts): the values under a pixel's windows are copied, group by
 * group, then multiplied with the weights of one output after the other. Weights: [outputs][K], window positions by phase.
 */
import {
  S_DILATION_H,
  S_GROUPS,
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
  S_SPREAD_H,
  S_STRIDE_H,
  S_STRIDE_W,
  S_WEIGHT_ZERO_POINT,
  S_WEIGHTS,
} from '../../program/layout.js';
import { seek, WINDOW } from '../bytes.js';
import type { Machine } from '../machine.js';
import { min } from '../powers.js';
import { clamp, generalValue, OFFSET } from './requantize.js';
import { inputRow, outputRow } from './rows.js';

/** Window positions of a phase. */
function positions(kernel: number, phase: number, spread: number): number {
  return ((kernel - phase + spread - 1) / spread) | 0;
}

/** Window positions of the phases before this one. */
function before(kernel: number, phase: number, spread: number): number {
  return phase * ((kernel / spread) | 0) + min(phase, kernel % spread);
}

/** -a modulo b. */
function phaseOf(a: number, b: number): number {
  return (b - (a % b)) % b;
}

export function generalConv(m: Machine, first: number, rows: number): void {
  const a = m._arena;
  const s = m._step;
  const w = m._bytes;
  const values = m._columns;
  const pixel = s[S_IN_CHANNELS / 2];
  const groups = s[S_GROUPS / 2];
  const inputs = pixel / groups;
  const outputs = s[S_OUT_CHANNELS / 2];
  const kernelW = s[S_KERNEL_W / 2];
  // Two fields of 16 bits each: the second one stands behind both.
  const spreadH = s[S_SPREAD_H / 2] & 65535;
  const spreadW = s[S_SPREAD_H / 2 + 1];
  const dilationH = s[S_DILATION_H / 2] & 65535;
  const dilationW = s[S_DILATION_H / 2 + 1];
  for (let y = first; y < first + rows; y++) {
    let to = outputRow(m, y);
    const top = y * s[S_STRIDE_H / 2] - s[S_PAD_TOP / 2];
    const phaseY = phaseOf(top, spreadH);
    const ny = positions(s[S_KERNEL_H / 2], phaseY, spreadH);
    for (let x = 0; x < s[S_OUT_WIDTH / 2]; x++) {
      const left = x * s[S_STRIDE_W / 2] - s[S_PAD_LEFT / 2];
      const phaseX = phaseOf(left, spreadW);
      const nx = positions(kernelW, phaseX, spreadW);
      const n = ny * nx * inputs;
      for (let i = 0; i < ny; i++) {
        const row = inputRow(m, (top + phaseY) / spreadH + i * dilationH);
        for (let j = 0; j < nx; j++) {
          const column = (left + phaseX) / spreadW + j * dilationW;
          const inside = row >= 0 && column >= 0 && column < s[S_IN_WIDTH / 2];
          for (let g = 0; g < groups; g++) {
            for (let c = 0; c < inputs; c++) {
              values[g * n + (i * nx + j) * inputs + c] = inside
                ? a[row + column * pixel + g * inputs + c] - s[S_IN_ZERO_POINT / 2]
                : 0;
            }
          }
        }
      }
      const skipped =
        s[S_WEIGHTS / 2] +
        (before(s[S_KERNEL_H / 2], phaseY, spreadH) * kernelW + ny * before(kernelW, phaseX, spreadW)) * inputs;
      for (let o = 0; o < outputs; o++) {
        let sum = 0;
        const group = ((o / (outputs / groups)) | 0) * n;
        for (let i = 0; i < n; i += WINDOW) {
          const count = min(n - i, WINDOW);
          const at = seek(m, skipped + o * s[S_KERNEL_H / 2] * kernelW * inputs + i, count);
          for (let k = 0; k < count; k++) sum += values[group + i + k] * (w[at + k] - s[S_WEIGHT_ZERO_POINT / 2]);
        }
        a[to + o] = clamp(s, generalValue(m, sum, o) - OFFSET);
      }
      to += s[S_OUT_PIXEL_STRIDE / 2];
    }
  }
}

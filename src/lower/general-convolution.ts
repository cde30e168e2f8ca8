/** Steps of convolutions whose windows or outputs have gaps, or whose channels meet in groups (src/steps/general-conv.ts). */
import type { ConvParameters } from '../kernels/reference/prepare.js';
import { KIND_GENERAL_CONV, MOST_OUTPUTS } from '../program/layout.js';
import { type Gaps, POINT, type Step, type View, type Window } from '../program/program.js';
import { requantizeTable } from './requantize-table.js';

/** Weights that are in scratch at a time. */
const WEIGHT_BYTES = 8192;

/** A layer, its values less 128 where it is uint8. */
export interface Convolution {
  name: string;
  operator: number;
  input: View;
  output: View;
  window: Window;
  /** [outputs][k] */
  weights: Int8Array;
  weightZeroPoint: number;
  bias: Int32Array;
  multiplier: Int32Array;
  shift: Int32Array;
  clampLow: number;
  clampHigh: number;
}

export const NO_GAPS: Gaps = { dilationH: 1, dilationW: 1, spreadH: 1, spreadW: 1 };

/** A window of one pixel in a direction has no gaps in it; undefined where there are none at all. */
export function gapsOf(p: ConvParameters): Gaps | undefined {
  const [dilationH = 1, dilationW = 1] = [p.kernelHeight > 1 && p.dilationH, p.kernelWidth > 1 && p.dilationW].map(
    (dilation) => dilation || 1,
  );
  return dilationH * dilationW > 1 ? { ...NO_GAPS, dilationH, dilationW } : undefined;
}

/** A transposed convolution: the window is turned, and slides over the pixels of the input with gaps between them. */
export function transposedConvolution(c: Convolution, p: ConvParameters): Step {
  const { kernelHeight: kernelH, kernelWidth: kernelW } = p;
  const k = c.weights.length / c.output.channels;
  const turned = [...Array(kernelH * kernelW).keys()].reverse();
  const window = { ...POINT, kernelH, kernelW, padTop: kernelH - 1 - p.padTop, padLeft: kernelW - 1 - p.padLeft };
  const gaps = { ...NO_GAPS, spreadH: p.strideH, spreadW: p.strideW };
  return generalConvolution({ ...c, window, weights: ordered(c.weights, turned, k) }, gaps, 1);
}

/** The weights of a group's outputs meet the channels of that group alone. */
export function generalConvolution(c: Convolution, gaps: Gaps, groups: number): Step {
  const { kernelH, kernelW } = c.window;
  const outputs = c.output.channels;
  const k = c.weights.length / outputs;
  return {
    kind: KIND_GENERAL_CONV,
    name: c.name,
    operators: [c.operator],
    input: c.input,
    output: c.output,
    window: c.window,
    gaps,
    depthMultiplier: groups,
    weightZeroPoint: c.weightZeroPoint,
    clampLow: c.clampLow,
    clampHigh: c.clampHigh,
    flags: 0,
    outChunk: outputChunk(outputs / groups, groups, k),
    // The JavaScript runtime sizes its sums over K by this.
    kChunk: 8,
    laneK: 8,
    weights: ordered(c.weights, windowOrder(kernelH, kernelW, gaps), k),
    table: requantizeTable({ bias: [...c.bias], multiplier: c.multiplier, shift: c.shift }),
    macs: Math.round((c.output.height * c.output.width * outputs * k) / (gaps.spreadH * gaps.spreadW)),
  };
}

/** [outputs][window positions][channels], the positions in another order. */
function ordered(weights: Int8Array, order: readonly number[], k: number): Int8Array {
  const channels = k / order.length;
  const result = new Int8Array(weights.length);
  for (let row = 0; row < weights.length; row += k) {
    for (const [i, position] of order.entries()) {
      const from = row + position * channels;
      result.set(weights.subarray(from, from + channels), row + i * channels);
    }
  }
  return result;
}

/**
 * Outputs whose weights are in scratch at a time: whole groups, or equal parts of one.
 * @param outputs of a group.
 * @param k weights of an output.
 */
export function outputChunk(outputs: number, groups: number, k: number): number {
  const most = Math.max(1, Math.min(MOST_OUTPUTS, Math.floor(WEIGHT_BYTES / k)));
  if (most >= outputs) return outputs * Math.min(groups, Math.floor(most / outputs));
  let chunk = most;
  while (outputs % chunk !== 0) chunk--;
  return chunk;
}

/** Window positions (row by row) in the order in which weights stand in the file. */
export function windowOrder(kernelH: number, kernelW: number, { spreadH, spreadW }: Gaps): number[] {
  const byPhase = (length: number, spread: number): number[][] =>
    Array.from({ length: spread }, (_, phase) =>
      Array.from({ length: Math.max(0, Math.ceil((length - phase) / spread)) }, (_, i) => phase + i * spread),
    );
  return byPhase(kernelH, spreadH).flatMap((rows) =>
    byPhase(kernelW, spreadW).flatMap((columns) => rows.flatMap((ky) => columns.map((kx) => ky * kernelW + kx))),
  );
}

/**
 * Convolution of any kind: windows with gaps (dilation), groups of channels that meet only each other (of a depthwise layer,
 * one channel each), output pixels between those of the input (a transposed convolution).
 *
 * In one direction, window position k of output pixel y reads input pixel (y * stride - pad + k * dilation) / spread, where that
 * is one. A spread leaves output pixels every spread-th window position, by their phase, (pad - y * stride) modulo spread. In the
 * file, positions of a window stand by phase of its row, then of its column, so that what an output pixel needs is in one piece.
 */

import * as L from '../program/layout.js';
import { type Gaps, type Step, viewSize } from '../program/program.js';
import type { StepCheck } from './check.js';
import type { ScratchNeeds, StepKind } from './kind.js';
import type { StepRecord } from './record.js';
import { CHANNEL_BYTES, OVERREAD } from './sizes.js';
import type { Work } from './work.js';

const SUM_BYTES = 4;
/** wasm3 ops of a product, of a value that is copied from under a window, of an output, and of a group of a pixel. */
const MAC_OPS = 5.5;
const COPY_OPS = 7;
const OUTPUT_OPS = 65;
const GROUP_OPS = 60;

export const generalConv: StepKind = {
  name: 'general conv',
  full: true,
  inputRows,
  clamps: () => true,
  scratch: (step) => layout(step).end,
  ops,
  weightsPerOutput: (window, channels, groups) => (window * channels) / groups,
  macs: (record) => macsOf(record, readGaps(record)),
  check,
  work,
  jsWork: ({ macs, outputShape: [height, width, channels] }) => ({
    convMac: macs,
    convOutput: height * width * channels,
  }),
};

/** Weights of an output. */
const perOutput = ({ window, input, depthMultiplier }: ScratchNeeds): number =>
  (window.kernelH * window.kernelW * input.channels) / depthMultiplier;

/** Output channels of a group. */
const perGroup = ({ output, depthMultiplier }: ScratchNeeds): number => output.channels / depthMultiplier;

/** Scratch: sums and table of a chunk of outputs; values of a pixel's windows, i16, group by group; the chunk's weights. */
function layout(step: ScratchNeeds): { values: number; weights: number; end: number } {
  const k = perOutput(step);
  const groups = Math.max(1, step.outChunk / perGroup(step));
  const align8 = (bytes: number) => Math.ceil(bytes / 8) * 8;
  const values = align8(step.outChunk * (SUM_BYTES + CHANNEL_BYTES));
  const weights = align8(values + groups * k * 2);
  return { values, weights, end: weights + step.outChunk * k + OVERREAD };
}

function inputRows({ input, window, gaps }: Step, first: number, end: number): [first: number, end: number] {
  const { dilationH, spreadH } = gaps!;
  const { kernelH, strideH, padTop } = window;
  const clip = (row: number) => Math.min(input.height, Math.max(0, row));
  const top = first * strideH - padTop;
  const bottom = (end - 1) * strideH - padTop + (kernelH - 1) * dilationH;
  return [clip(Math.ceil(top / spreadH)), clip(Math.floor(bottom / spreadH) + 1)];
}

function ops(step: Step, rows: number): number {
  const { output, gaps, outChunk } = step;
  const pixels = output.height * output.width;
  const k = perOutput(step) / (gaps!.spreadH * gaps!.spreadW);
  const chunks = output.channels / outChunk;
  const copied = k * Math.max(1, outChunk / perGroup(step));
  const task = 200 + 60 * chunks;
  return (
    task * Math.ceil(output.height / rows) +
    pixels *
      (chunks * (150 + COPY_OPS * copied) +
        GROUP_OPS * Math.max(chunks, step.depthMultiplier) +
        output.channels * (OUTPUT_OPS + MAC_OPS * k))
  );
}

const readGaps = ({ fields }: StepRecord): Gaps => ({
  dilationH: fields.u16(L.S_DILATION_H),
  dilationW: fields.u16(L.S_DILATION_W),
  spreadH: fields.u16(L.S_SPREAD_H),
  spreadW: fields.u16(L.S_SPREAD_W),
});

const macsOf = (record: StepRecord, { spreadH, spreadW }: Gaps): number =>
  Math.round((viewSize(record.output) * perOutput(record)) / (spreadH * spreadW));

function check(step: StepCheck): number {
  const { record } = step;
  const { input, output, depthMultiplier: groups, outChunk } = record;
  const gaps = readGaps(record);
  const { dilationH, dilationW, spreadH, spreadW } = gaps;
  if (groups === 0 || input.channels % groups !== 0 || output.channels % groups !== 0) {
    step.refuse(`${groups} groups`, `a number that divides ${input.channels} and ${output.channels} channels`);
  }
  if (Object.values(gaps).includes(0) || Math.min(dilationH, spreadH) > 1 || Math.min(dilationW, spreadW) > 1) {
    const found = `dilations of ${dilationH}, ${dilationW} and spreads of ${spreadH}, ${spreadW}`;
    step.refuse(found, '1 at least, and one of the two 1');
  }
  step.weights(perOutput(record));
  const outputs = perGroup(record);
  if (outChunk % outputs !== 0 && outputs % outChunk !== 0) {
    step.refuse(`chunks of ${outChunk} outputs`, `whole groups of ${outputs}, or equal parts of one`);
  }
  return viewSize(output) * perOutput(record);
}

function work(record: StepRecord, tasks: readonly number[]): Work {
  const { output, outChunk } = record;
  const gaps = readGaps(record);
  const outputs = viewSize(output);
  const copies = (output.channels / outChunk) * Math.max(1, outChunk / perGroup(record));
  const k = perOutput(record) / (gaps.spreadH * gaps.spreadW);
  return {
    fullyConnectedMac: macsOf(record, gaps),
    fullyConnectedOutput: outputs,
    poolValue: output.height * output.width * copies * k,
    convWeight: tasks.length * output.channels * perOutput(record),
  };
}

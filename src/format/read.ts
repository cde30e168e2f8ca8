/** The contents of a .dw file, for reports and for feeding it. */

import { type Head, openHead } from '../heads/open.js';
import { BlobView } from '../program/blob-view.js';
import * as L from '../program/layout.js';
import { type InputType, type Kind, type PortType, viewSize } from '../program/program.js';
import { kindOf } from '../steps/index.js';
import { readStep, type StepRecord } from '../steps/record.js';
import { checkBlob, portType } from './check.js';

/** An input or output of a .dw file. */
export interface PortInfo<T extends PortType = PortType> {
  name: string;
  /** Batch, height, width, channels. */
  shape: number[];
  scale: number;
  zeroPoint: number;
  dtype: T;
  /** How pixels become its bytes; 0 for outputs. */
  pixels: { multiplier: number; offset: number };
  bytes: number;
  /** Bytes of a row where rows are pushed one by one; 0 where the whole tensor is handed over. */
  rowBytes: number;
}

export interface StepInfo {
  kind: Kind;
  /** Height, width, channels. */
  inputShape: number[];
  outputShape: number[];
  /** Bytes of input and output tensors. */
  activationBytes: number;
  /** Multiply-accumulates, windows at the border counted whole; 0 for steps without weights. */
  macs: number;
  weightBytes: number;
  /** Weights and biases. */
  params: number;
}

export interface BlobContents {
  name: string;
  inputs: PortInfo<InputType>[];
  outputs: PortInfo[];
  labels: string[];
  /** Head; absent where values of the first output are scores of classes. */
  head?: Head;
  steps: StepInfo[];
  macs: number;
  arenaBytes: number;
  scratchBytes: number;
  stateBytes: number;
  memoryBytes: number;
  randomWeights: boolean;
  randomRanges: boolean;
  rounding: 'double' | 'single';
}

/** @throws DepthwiseError BLOB_INVALID, BLOB_VERSION, BLOB_CRC. */
export function readBlob(blob: Uint8Array): BlobContents {
  checkBlob(blob);
  const view = new BlobView(blob);
  const stringsAt = view.u32(L.H_STRINGS_OFFSET);
  const text = new TextDecoder().decode(blob.subarray(stringsAt, stringsAt + view.u32(L.H_STRINGS_BYTES)));
  const [name = '', ...strings] = text.split('\0').slice(0, -1);
  const inputCount = view.u32(L.H_INPUT_COUNT);
  const ports = view.ports().map(
    (port, i): PortInfo => ({
      name: strings[i] ?? '',
      shape: [0, 1, 2, 3].map((axis) => port.u32(L.P_SHAPE + 4 * axis)),
      scale: port.f32(L.P_SCALE),
      zeroPoint: port.i32(L.P_ZERO_POINT),
      dtype: portType(port)!,
      pixels: { multiplier: port.i32(L.P_PIXEL_MULTIPLIER), offset: port.i32(L.P_PIXEL_OFFSET) },
      bytes: port.u32(L.P_BYTES),
      rowBytes: port.u32(L.P_ROW_BYTES),
    }),
  );
  const head = openHead(blob);
  const steps = view.steps().map((fields) => stepInfo(readStep(fields)));
  return {
    name,
    // Their types have been checked.
    inputs: ports.slice(0, inputCount) as PortInfo<InputType>[],
    outputs: ports.slice(inputCount),
    labels: strings.slice(ports.length),
    ...(head && { head }),
    steps,
    macs: view.u32(L.H_MACS),
    arenaBytes: view.u32(L.H_ARENA_BYTES),
    scratchBytes: view.u32(L.H_SCRATCH_BYTES),
    stateBytes: view.u32(L.H_ARENA_ADDRESS),
    memoryBytes: view.u32(L.H_MEMORY_BYTES),
    randomWeights: (view.u32(L.H_FLAGS) & L.FLAG_RANDOM_WEIGHTS) !== 0,
    randomRanges: (view.u32(L.H_FLAGS) & L.FLAG_RANDOM_RANGES) !== 0,
    rounding: view.u32(L.H_FLAGS) & L.FLAG_SINGLE_ROUNDING ? 'single' : 'double',
  };
}

function stepInfo(step: StepRecord): StepInfo {
  const { kind, window, input, output, depthMultiplier } = step;
  const { weightsPerOutput, macs } = kindOf(step);
  const perOutput = weightsPerOutput?.(window.kernelH * window.kernelW, input.channels, depthMultiplier) ?? 0;
  const outputs = perOutput > 0 ? output.channels : 0;
  return {
    kind,
    inputShape: [input.height, input.width, input.channels],
    outputShape: [output.height, output.width, output.channels],
    activationBytes: viewSize(input) + viewSize(output),
    macs: macs?.(step) ?? viewSize(output) * perOutput,
    weightBytes: outputs * perOutput,
    params: outputs * (perOutput + 1),
  };
}
